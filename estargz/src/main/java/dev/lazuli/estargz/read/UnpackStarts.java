package dev.lazuli.estargz.read;

import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import java.util.ArrayDeque;
import java.util.Deque;

/** Where decompression can start for the next byte of a tar that is being read. For one thread. */
final class UnpackStarts {
  /** A few at most, ascending: those ahead of the tar's reader. */
  private final Deque<Checkpoint> ahead = new ArrayDeque<>();

  private Checkpoint current = new Checkpoint(0, StreamStarts.STREAM, 0);

  /** Takes a start, behind all before it. */
  void add(Checkpoint start) {
    ahead.add(start);
  }

  /** Returns the last start before a place that is not before those asked for earlier. */
  Checkpoint before(long tarOffset) {
    for (var next = ahead.peek(); next != null && next.tarOffset() <= tarOffset; ) {
      current = ahead.remove();
      next = ahead.peek();
    }
    return current;
  }
}
