package dev.lazuli.estargz.toc;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where the tables of one index lie: blocks of memory off the heap, paid for from a share, all of
 * them freed when it is closed. Owned by one thread, which then may hand it to others.
 */
final class IndexSpace implements AutoCloseable {
  /** So that a row of as many bytes lies in one line of the processor's cache. */
  private static final int CACHE_LINE = 64;

  private final IndexMemory.Share share;
  private final Arena kept = Arena.ofShared();

  /** Makes a space; the share is closed with it. */
  IndexSpace(IndexMemory.Share share) {
    this.share = share;
  }

  /** Returns a table that lives as long as the space. */
  RowTable table(int rowBytes) {
    return new RowTable(rowBytes, this, kept);
  }

  /** Returns a table that is freed when it is closed, by the thread that made it. */
  RowTable scratch(int rowBytes) {
    return new RowTable(rowBytes, this, Arena.ofConfined());
  }

  /** Returns a block of zeros that lives as long as the space. */
  MemorySegment block(long bytes) {
    return block(kept, bytes);
  }

  /**
   * Returns a block of zeros.
   *
   * @throws UncheckedIOException if the share has none left
   */
  MemorySegment block(Arena arena, long bytes) {
    try {
      share.take(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return arena.allocate(bytes, CACHE_LINE);
  }

  /** Frees what a table has taken, unless it lives as long as the space. */
  void free(Arena arena, long bytes) {
    if (!arena.equals(kept) && arena.scope().isAlive()) {
      arena.close();
      share.give(bytes);
    }
  }

  /** Frees everything. Idempotent. */
  @Override
  public void close() {
    if (kept.scope().isAlive()) {
      kept.close();
    }
    share.close();
  }
}
