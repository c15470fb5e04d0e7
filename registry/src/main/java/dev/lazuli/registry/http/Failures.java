package dev.lazuli.registry.http;

import dev.lazuli.registry.model.Text;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.net.ConnectException;
import javax.net.ssl.SSLException;

/** Causes of failed exchanges, in few words. */
final class Failures {
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

  private static String words(Throwable cause) {
    String message = cause.getMessage() == null ? "" : Text.clean(cause.getMessage());
    return switch (cause) {
      case SSLException tls -> "TLS failed: " + message;
      case ConnectException refused -> message;
      default -> cause.getClass().getSimpleName() + (message.isEmpty() ? "" : ": " + message);
    };
  }
}
