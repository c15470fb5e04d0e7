package dev.lazuli.bridge.erofs;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An image's bytes with every access checked: an offset that a damaged image makes up becomes a
 * {@link CorruptImageException}, never an unchecked one. Immutable, so any thread may read.
 */
final class ImageBytes {
  private final MemorySegment segment;
  private final long size;
  private final int blockSize;

  ImageBytes(MemorySegment segment, int blockSize) {
    this.segment = segment;
    this.size = segment.byteSize();
    this.blockSize = blockSize;
  }

  MemorySegment segment() {
    return segment;
  }

  long size() {
    return size;
  }

  int blockSize() {
    return blockSize;
  }

  int unsignedByte(long offset) throws CorruptImageException {
    check(offset, 1);
    return segment.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
  }

  int unsignedShort(long offset) throws CorruptImageException {
    check(offset, 2);
    return segment.get(ErofsFormat.SHORT, offset) & 0xffff;
  }

  int getInt(long offset) throws CorruptImageException {
    check(offset, 4);
    return segment.get(ErofsFormat.INT, offset);
  }

  long unsignedInt(long offset) throws CorruptImageException {
    return getInt(offset) & 0xffff_ffffL;
  }

  long getLong(long offset) throws CorruptImageException {
    check(offset, 8);
    return segment.get(ErofsFormat.LONG, offset);
  }

  /** Checks that {@code length} bytes from {@code offset} lie in the image. */
  void check(long offset, long length) throws CorruptImageException {
    if (offset < 0 || length < 0 || length > size - offset) {
      throw new CorruptImageException(
          "reference to %d bytes at %d outside of an image of %d bytes"
              .formatted(length, offset, size));
    }
  }
}
