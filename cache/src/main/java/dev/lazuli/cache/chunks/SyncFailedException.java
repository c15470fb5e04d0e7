package dev.lazuli.cache.chunks;

import java.io.IOException;

/** The data of a layer could not be synced; part of it may never reach the disk. */
public final class SyncFailedException extends IOException {
  private static final long serialVersionUID = 1;

  private final int doubted;

  /**
   * Makes the exception.
   *
   * @param doubted how many chunks are doubted for it
   */
  SyncFailedException(int doubted, IOException cause) {
    super(cause.getMessage(), cause);
    this.doubted = doubted;
  }

  public int doubted() {
    return doubted;
  }
}
