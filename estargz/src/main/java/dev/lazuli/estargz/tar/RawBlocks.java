package dev.lazuli.estargz.tar;

/** Bytes of a tar as they were read. Whoever holds them does not change them. */
public final class RawBlocks {
  private final byte[] bytes;

  /** Takes the bytes. */
  public RawBlocks(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Returns the bytes, not a copy. */
  public byte[] bytes() {
    return bytes;
  }

  /** Returns how many there are. */
  public int length() {
    return bytes.length;
  }
}
