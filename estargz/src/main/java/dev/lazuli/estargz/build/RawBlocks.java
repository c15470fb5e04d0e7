package dev.lazuli.estargz.build;

/** Bytes of a tar as they were read. Whoever holds them does not change them. */
final class RawBlocks {
  private final byte[] bytes;

  RawBlocks(byte[] bytes) {
    this.bytes = bytes;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return bytes.length;
  }
}
