package dev.lazuli.estargz;

/**
 * Some bytes of a blob.
 *
 * @param offset first byte, not negative
 * @param length bytes, at least 1
 */
public record ByteRange(long offset, long length) {
  /** Checks the bounds. */
  public ByteRange {
    if (offset < 0 || length < 1 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException(length + " bytes from " + offset);
    }
  }

  /** Returns the offset behind the last byte. */
  public long end() {
    return offset + length;
  }

  /** Returns the offsets of the first and the last byte, with a dash between them. */
  @Override
  public String toString() {
    return offset + "-" + (end() - 1);
  }
}
