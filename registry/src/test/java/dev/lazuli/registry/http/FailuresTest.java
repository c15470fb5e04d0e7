package dev.lazuli.registry.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateExpiredException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private static String words(Throwable cause) {
    return String.valueOf(Failures.ioException(cause).getMessage());
  }

  @Test
  void answer_without_tls_says_how_plain_http_is_configured() {
    var failure = new NotSslRecordException("not an SSL/TLS record: 485454502f312e31");

    assertThat(words(new DecoderException(failure)))
        .startsWith("TLS failed: the server does not speak TLS: if it is meant to be plain HTTP")
        .doesNotContain("record");
  }

  @Test
  void expired_certificate_is_named_with_the_clock() {
    var failure = new SSLHandshakeException("PKIX path validation failed: " + "sun.security");
    failure.initCause(new CertificateExpiredException("NotAfter: Mon"));

    assertThat(words(failure))
        .isEqualTo(
            "TLS failed: the certificate has expired, or this node's clock is wrong: NotAfter:"
                + " Mon");
  }

  @Test
  void closed_connection_is_said_in_words() {
    assertThat(words(new ClosedChannelException())).isEqualTo("the connection was closed");
  }
}
