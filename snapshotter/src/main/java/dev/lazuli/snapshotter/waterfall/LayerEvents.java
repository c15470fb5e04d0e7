package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The events of one layer that are still known, oldest first. Guarded by the record. */
final class LayerEvents implements EventBlock.Owner {
  /** Chunks that arrive within a tenth of a second are told as one where nobody waits for them. */
  private static final long RUN_MICROS = 100_000;

  /** So far back runs are continued: a layer has few streams at the same time. */
  private static final int LOOK_BACK = 16;

  final Deque<EventBlock> blocks = new ArrayDeque<>();
  private long dropped;

  /** One event, unpacked for a reader. */
  record Event(long micros, EventKind kind, Priority priority, long first, long second) {
    int fromChunk() {
      return (int) (first >>> Integer.SIZE);
    }

    int toChunk() {
      return (int) first;
    }
  }

  /** Packs the chunks from {@code from} up to {@code to} into one number. */
  static long chunks(int from, int to) {
    return (long) from << Integer.SIZE | to;
  }

  boolean needsBlock() {
    return blocks.isEmpty() || blocks.getLast().full();
  }

  /** Forgets the events of a block, which is the oldest. */
  @Override
  public void lose(EventBlock block) {
    blocks.remove(block);
    dropped += block.count();
  }

  long dropped() {
    return dropped;
  }

  void add(long micros, EventKind kind, Priority priority, long first, long second) {
    blocks.getLast().add(micros, kind, priority, first, second);
  }

  /** Appends the chunk to a run of chunks that it continues; returns false if there is none. */
  boolean extend(long micros, EventKind kind, Priority priority, int chunk) {
    if (blocks.isEmpty()) {
      return false;
    }
    var block = blocks.getLast();
    for (int e = block.count() - 1; e >= Math.max(0, block.count() - LOOK_BACK); e--) {
      long run = block.first(e);
      if (block.kind(e) == kind
          && block.priority(e) == priority
          && (int) run == chunk
          && micros - block.micros(e) < RUN_MICROS) {
        block.replace(e, chunks((int) (run >>> Integer.SIZE), chunk + 1), micros - block.micros(e));
        return true;
      }
    }
    return false;
  }

  List<Event> unpacked() {
    var events = new ArrayList<Event>(blocks.size() * EventBlock.EVENTS);
    for (var block : blocks) {
      for (int e = 0; e < block.count(); e++) {
        events.add(
            new Event(
                block.micros(e),
                block.kind(e),
                block.priority(e),
                block.first(e),
                block.second(e)));
      }
    }
    return events;
  }
}
