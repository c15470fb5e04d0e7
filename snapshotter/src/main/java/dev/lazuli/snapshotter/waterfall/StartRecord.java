package dev.lazuli.snapshotter.waterfall;

import static dev.lazuli.snapshotter.waterfall.EventKind.COMPLETE;
import static dev.lazuli.snapshotter.waterfall.EventKind.FETCHED;
import static dev.lazuli.snapshotter.waterfall.EventKind.FIRST_BYTE;
import static dev.lazuli.snapshotter.waterfall.EventKind.MOUNTED;
import static dev.lazuli.snapshotter.waterfall.EventKind.NOT_SERVED;
import static dev.lazuli.snapshotter.waterfall.EventKind.RANGE_DONE;
import static dev.lazuli.snapshotter.waterfall.EventKind.RANGE_FAILED;
import static dev.lazuli.snapshotter.waterfall.EventKind.RANGE_OPENED;
import static dev.lazuli.snapshotter.waterfall.EventKind.REQUESTED;
import static dev.lazuli.snapshotter.waterfall.EventKind.REUSED;
import static dev.lazuli.snapshotter.waterfall.EventKind.SERVED;
import static dev.lazuli.snapshotter.waterfall.EventKind.WAITING;

import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers when what was fetched, and who waited for it, for all layers of a node together in a
 * fixed amount of memory: the oldest events make room for new ones. Chunks that no reader waits for
 * share an event when they arrive one after the other, so that completing a layer does not push out
 * how it started. Thread-safe; noting an event takes well under a microsecond.
 */
public final class StartRecord implements FetchListener {
  /** Memory of a record unless configured otherwise: about 43,000 events. */
  public static final long DEFAULT_BYTES = 1 << 20;

  private final long mostBlocks;
  private final Instant began = Instant.now();
  private final long beganNanos = System.nanoTime();
  private final AheadAccount ahead = new AheadAccount(System::nanoTime);
  private final Map<String, LayerEvents> layers = new HashMap<>();
  private final Deque<EventBlock> inUse = new ArrayDeque<>();

  /**
   * Makes an empty record.
   *
   * @param bytes memory for events, taken when it is needed; 0 to record nothing
   */
  public StartRecord(long bytes) {
    this.mostBlocks = bytes / EventBlock.BYTES;
  }

  /** Begins to listen to a layer, which is about to be mounted for the image. */
  public void requested(String layer, String reference) {
    synchronized (this) {
      layers.computeIfAbsent(layer, _ -> new LayerEvents());
    }
    note(layer, REQUESTED, Priority.ON_DEMAND, reference.hashCode(), 0);
  }

  /** The layer can be read. */
  public void mounted(String layer) {
    note(layer, MOUNTED, Priority.ON_DEMAND, 0, 0);
  }

  /** Returns the account of what is fetched before readers ask for it. */
  public AheadAccount ahead() {
    return ahead;
  }

  /** Forgets the layer and listens to it no more. */
  public synchronized void forget(String layer) {
    ahead.forget(layer);
    var events = layers.remove(layer);
    if (events != null) {
      inUse.removeIf(block -> block.owner().equals(events));
    }
  }

  @Override
  public void demandWaits(String layer, int fromChunk, int toChunk) {
    note(layer, WAITING, Priority.ON_DEMAND, LayerEvents.chunks(fromChunk, toChunk), 0);
  }

  @Override
  public void demandServed(String layer, int fromChunk, int toChunk, long nanos) {
    note(layer, SERVED, Priority.ON_DEMAND, LayerEvents.chunks(fromChunk, toChunk), nanos);
  }

  @Override
  public void demandFailed(String layer, FetchFailedException reason) {
    long chunk = LayerEvents.chunks(reason.chunk(), reason.chunk() + 1);
    note(layer, NOT_SERVED, Priority.ON_DEMAND, chunk, 0);
  }

  @Override
  public void rangeOpened(String layer, long offset, long length, Priority priority) {
    note(layer, RANGE_OPENED, priority, offset, length);
  }

  @Override
  public void firstByte(String layer, long offset) {
    note(layer, FIRST_BYTE, Priority.ON_DEMAND, offset, 0);
  }

  @Override
  public void rangeDone(String layer, long offset, long bytes, long nanos, Priority priority) {
    note(layer, RANGE_DONE, priority, offset, bytes);
  }

  @Override
  public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
    note(layer, RANGE_FAILED, Priority.ON_DEMAND, offset, bytes);
  }

  @Override
  public void chunkFetched(String layer, int chunk, long bytes, Priority priority) {
    noteChunk(layer, FETCHED, priority, chunk, priority == Priority.BACKGROUND);
    if (priority == Priority.PREFETCH) {
      ahead.arrived(layer, chunk);
    }
  }

  @Override
  public void chunkReused(String layer, int chunk, long bytes) {
    noteChunk(layer, REUSED, Priority.BACKGROUND, chunk, true);
  }

  @Override
  public void layerComplete(String layer) {
    note(layer, COMPLETE, Priority.BACKGROUND, 0, 0);
  }

  private synchronized void noteChunk(
      String layer, EventKind kind, Priority priority, int chunk, boolean runs) {
    var events = layers.get(layer);
    long now = micros();
    if (events != null && !(runs && events.extend(now, kind, priority, chunk))) {
      add(events, now, kind, priority, LayerEvents.chunks(chunk, chunk + 1), 0);
    }
  }

  private synchronized void note(
      String layer, EventKind kind, Priority priority, long first, long second) {
    var events = layers.get(layer);
    if (events != null) {
      add(events, micros(), kind, priority, first, second);
    }
  }

  private void add(
      LayerEvents events, long micros, EventKind kind, Priority priority, long first, long second) {
    if (mostBlocks == 0) {
      return;
    }
    if (events.needsBlock()) {
      var block = block(events);
      inUse.add(block);
      events.blocks.add(block);
    }
    events.add(micros, kind, priority, first, second);
  }

  private EventBlock block(LayerEvents events) {
    if (inUse.size() < mostBlocks) {
      return new EventBlock(events);
    }
    var oldest = inUse.remove();
    oldest.owner().lose(oldest);
    oldest.reuse(events);
    return oldest;
  }

  /** Returns the record's time now. */
  long micros() {
    return (System.nanoTime() - beganNanos) / 1000;
  }

  /** Returns when the record's time was 0. */
  Instant began() {
    return began;
  }

  /** Returns what is known of the layer, oldest first; nothing for one not listened to. */
  synchronized List<LayerEvents.Event> events(String layer) {
    var events = layers.get(layer);
    return events == null ? List.of() : events.unpacked();
  }

  /** Returns how many events of the layer were given up for newer ones. */
  synchronized long dropped(String layer) {
    var events = layers.get(layer);
    return events == null ? 0 : events.dropped();
  }
}
