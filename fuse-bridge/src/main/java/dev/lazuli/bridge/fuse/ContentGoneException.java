package dev.lazuli.bridge.fuse;

import java.io.IOException;

/** Content that was there a moment ago is not there now; it may come back later. */
public final class ContentGoneException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Makes the exception.
   *
   * @param cause what the reader met
   */
  public ContentGoneException(IOException cause) {
    super(cause.getMessage(), cause);
  }
}
