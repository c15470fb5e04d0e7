package dev.lazuli.estargz.compare;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A number from 0 on for each of many things, off the heap, 8 bytes each. For one thread. */
final class OffHeapPlaces implements AutoCloseable {
  /** What was never set. */
  static final long UNKNOWN = -1;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment places;

  OffHeapPlaces(long count) {
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
