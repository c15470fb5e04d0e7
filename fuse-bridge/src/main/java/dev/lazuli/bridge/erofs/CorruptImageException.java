package dev.lazuli.bridge.erofs;

import java.io.IOException;

/** Says that an EROFS image is damaged, cut short, or not of the kind {@link ErofsWriter} makes. */
public final class CorruptImageException extends IOException {
  private static final long serialVersionUID = 1;

  CorruptImageException(String message) {
    super(message);
  }
}
