package dev.lazuli.cache.chunks;

/** File system blocks, for rounding extents. */
public final class Blocks {
  /** The block size of ext4, XFS and Btrfs on x86-64 and arm64 nodes, and of EROFS images. */
  public static final int SIZE = 4096;

  private Blocks() {}

  public static long up(long offset) {
    return (offset + SIZE - 1) & -SIZE;
  }

  static long down(long offset) {
    return offset & -SIZE;
  }

  /**
   * Returns the disk that {@code chunk} takes. A block that two chunks share is counted for the
   * first of them, so that the sum over all chunks is the file's size without its holes; chunk
   * sizes are multiples of blocks but for the ends of files, so blocks are hardly ever shared.
   */
  public static long of(ChunkTable chunks, int chunk) {
    long first = down(chunks.dataOffset(chunk));
    if (chunk > 0 && chunks.dataEnd(chunk - 1) > first) {
      first += SIZE;
    }
    return Math.max(0, up(chunks.dataEnd(chunk)) - first);
  }
}
