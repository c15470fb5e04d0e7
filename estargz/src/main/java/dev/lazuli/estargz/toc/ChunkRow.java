package dev.lazuli.estargz.toc;

/** The layout of a chunk's row. */
final class ChunkRow {
  /** While parsing: the chunk's offset in its file. */
  static final int DATA_OFFSET = 0;

  /** While parsing: 0 for "to the next chunk, or to the end of the file". */
  static final int SIZE = 8;

  /** 0 for a hole, which has no bytes in the blob. */
  static final int BLOB_OFFSET = 16;

  static final int BLOB_END = 24;
  static final int INNER_OFFSET = 32;
  static final int DIGEST = 40;
  static final int BYTES = 72;

  private ChunkRow() {}
}
