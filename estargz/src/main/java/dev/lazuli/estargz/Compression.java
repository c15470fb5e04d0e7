package dev.lazuli.estargz;

/** How the payload of a layer blob is compressed. */
public enum Compression {
  /** Concatenated gzip members (RFC 1952). */
  GZIP(1032),

  /** Concatenated zstd frames (RFC 8878). */
  ZSTD(43_691),

  /** Not at all: every byte of the tar lies in the blob. */
  NONE(1);

  private final int greatestRatio;

  Compression(int greatestRatio) {
    this.greatestRatio = greatestRatio;
  }

  /**
   * Returns how many bytes one compressed byte can become at most: 258 bytes from two bits in
   * deflate, a 128 KiB block from three bytes in zstd. A chunk that claims more is a lie.
   */
  public int greatestRatio() {
    return greatestRatio;
  }
}
