package dev.lazuli.snapshotter.start;

/**
 * A part of a file of the image.
 *
 * @param file the file
 * @param at its first byte in the file
 * @param length in bytes; 0 for nothing
 */
record FilePart(ImageFile file, long at, long length) {
  /** Returns where it lies in the layer's data file. */
  StartLayer.Extent extent() {
    return new StartLayer.Extent(file.offset() + at, length);
  }

  /** Returns what it costs: bytes of the blob that are not here yet. */
  long blobBytes() {
    return isHere() ? 0 : file.layer().blobBytes(file.offset() + at, length);
  }

  boolean isHere() {
    return length == 0 || file.layer().isPresent(file.offset() + at, length);
  }
}
