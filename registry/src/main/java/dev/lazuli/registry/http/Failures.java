package dev.lazuli.registry.http;

import dev.lazuli.registry.model.Text;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;

/** Causes of failed exchanges, in few words. */
final class Failures {
  private static final String PLAIN =
      ": if it is meant to be plain HTTP, name it in registry.plain_http, or use http:// in"
          + " hosts.toml";

  private Failures() {}

  /** Returns {@code cause} as an IOException whose message stands alone. */
  static IOException ioException(Throwable cause) {
    Throwable real =
        cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
    return real instanceof IOException io
            && io.getMessage() != null
            && !(io instanceof SSLException)
        ? io
        : new IOException(words(real), real);
  }

  /** Netty tells of a handshake that did not end only by what it suppresses. */
  private static String closed(ClosedChannelException failure) {
    for (Throwable other : failure.getSuppressed()) {
      if (other instanceof SSLException) {
        return "TLS failed: the server closed the connection, and may not speak TLS" + PLAIN;
      }
    }
    return "the connection was closed";
  }

  /** Java's words for what an operator can put right do not say what to do. */
  private static String tls(SSLException failure, String message) {
    if (failure instanceof NotSslRecordException) {
      return "the server does not speak TLS" + PLAIN;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case CertPathBuilderException _ -> {
          return "the certificate is signed by an authority that this node does not trust: name"
              + " the authority's certificate in registry.ca_files, or put it into"
              + " /etc/containerd/certs.d/HOST as ca.crt, or as ca in its hosts.toml";
        }
        case CertificateExpiredException e -> {
          return "the certificate has expired, or this node's clock is wrong: " + e.getMessage();
        }
        case CertificateNotYetValidException e -> {
          return "the certificate is not valid yet, or this node's clock is wrong: "
              + e.getMessage();
        }
        default -> {}
      }
    }
    return message;
  }

  private static String words(Throwable cause) {
    String message = cause.getMessage() == null ? "" : Text.clean(cause.getMessage());
    return switch (cause) {
      case SSLException tls -> "TLS failed: " + tls(tls, message);
      case ConnectException refused -> message;
      case ClosedChannelException closed -> closed(closed);
      default -> cause.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
    };
  }
}
