package dev.lazuli.estargz.read;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a table in the order of the blob. Most tables already are in this order and take no
 * memory here; others take 4 bytes per chunk, off the heap. Used by one thread.
 */
final class BlobOrder implements AutoCloseable {
  private final ChunkTableView chunks;
  private final int count;
  private final @Nullable Arena arena;
  private final MemorySegment order;

  BlobOrder(ChunkTableView chunks) {
    this.chunks = chunks;
    this.count = chunks.chunkCount();
    if (isOrdered()) {
      arena = null;
      order = MemorySegment.NULL;
    } else {
      arena = Arena.ofConfined();
      order = arena.allocate(ValueLayout.JAVA_INT, count);
      sort();
    }
  }

  int count() {
    return count;
  }

  /** Returns the chunk at a place in the order. */
  int chunk(int place) {
    return arena == null ? place : order.getAtIndex(ValueLayout.JAVA_INT, place);
  }

  private boolean isOrdered() {
    for (int chunk = 1; chunk < count; chunk++) {
      if (compare(chunk - 1, chunk) > 0) {
        return false;
      }
    }
    return true;
  }

  /** A heap sort: in place, and no input makes it slow. */
  private void sort() {
    for (int i = 0; i < count; i++) {
      set(i, i);
    }
    for (int root = count / 2 - 1; root >= 0; root--) {
      sink(root, count);
    }
    for (int end = count - 1; end > 0; end--) {
      swap(0, end);
      sink(0, end);
    }
  }

  private void sink(int from, int end) {
    int root = from;
    // Below half of the heap everything is a leaf.
    while (root < end / 2) {
      int child = 2 * root + 1;
      if (child + 1 < end && compare(chunk(child), chunk(child + 1)) < 0) {
        child++;
      }
      if (compare(chunk(root), chunk(child)) >= 0) {
        return;
      }
      swap(root, child);
      root = child;
    }
  }

  private int compare(int a, int b) {
    int byOffset = Long.compare(chunks.chunkBlobOffset(a), chunks.chunkBlobOffset(b));
    return byOffset != 0
        ? byOffset
        : Long.compare(chunks.chunkInnerOffset(a), chunks.chunkInnerOffset(b));
  }

  private void swap(int a, int b) {
    int before = chunk(a);
    set(a, chunk(b));
    set(b, before);
  }

  private void set(int place, int chunk) {
    order.setAtIndex(ValueLayout.JAVA_INT, place, chunk);
  }

  @Override
  public void close() {
    if (arena != null) {
      arena.close();
    }
  }
}
