package dev.lazuli.estargz.compare;

import dev.lazuli.estargz.toc.IndexMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A number from 0 on for each of many things, off the heap, 8 bytes each, which a share of the
 * memory for indexes pays for. For one thread.
 */
final class OffHeapPlaces implements AutoCloseable {
  /** What was never set. */
  static final long UNKNOWN = -1;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment places;

  /**
   * Takes the memory.
   *
   * @param share to be closed after this
   * @throws IOException if the share has too little left
   */
  OffHeapPlaces(long count, IndexMemory.Share share) throws IOException {
    share.take(count * Long.BYTES);
    places = arena.allocate(ValueLayout.JAVA_LONG, count);
  }

  void set(int index, long place) {
    places.setAtIndex(ValueLayout.JAVA_LONG, index, place + 1);
  }

  long get(int index) {
    return places.getAtIndex(ValueLayout.JAVA_LONG, index) - 1;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
