package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SequencedSet;
import java.util.TreeSet;

/**
 * Starts streams for prefetch and background work, the layers in turn. Only layers that may have
 * something to start are looked at: the others come back when something changes for them. Guarded
 * by the scheduler.
 */
final class LowDispatch {
  /** Skipped chunks are tried again after 5 minutes. */
  private static final long NEXT_PASS_NANOS = 300_000_000_000L;

  /** How many layers that lacked room or requests are looked at again in each tick. */
  private static final int PARKED_PER_TICK = 8;

  private record Delay(long until, long number, LayerState layer) {
    static final Comparator<Delay> ORDER =
        (a, b) ->
            a.until == b.until ? Long.compare(a.number, b.number) : Long.signum(a.until - b.until);
  }

  private final FetchOptions options;
  private final Permits permits;
  private final TokenBucket backgroundRequests;
  private final OpenStreams streams;
  private final Map<Priority, SequencedSet<LayerState>> ready = new EnumMap<>(Priority.class);
  private final SequencedSet<LayerState> parked = new LinkedHashSet<>();
  private final NavigableSet<Delay> delays = new TreeSet<>(Delay.ORDER);
  private final Map<LayerState, Delay> delayOf = new HashMap<>();
  private long number;

  LowDispatch(FetchOptions options, Permits permits, OpenStreams streams, long now) {
    this.options = options;
    this.permits = permits;
    this.streams = streams;
    double perSecond = options.backgroundRequestsPerSecond();
    this.backgroundRequests = new TokenBucket(perSecond, Math.max(1, perSecond), now);
    ready.put(Priority.PREFETCH, new LinkedHashSet<>());
    ready.put(Priority.BACKGROUND, new LinkedHashSet<>());
  }

  private SequencedSet<LayerState> ready(Priority priority) {
    return ready.getOrDefault(priority, new LinkedHashSet<>());
  }

  /** The layer may have something to start, unless it is delayed. */
  void wake(LayerState layer) {
    if (!layer.isDetached() && !delayOf.containsKey(layer)) {
      ready.values().forEach(layers -> layers.addLast(layer));
      parked.remove(layer);
    }
  }

  /** Starts nothing for the layer until {@code until}, or longer if that was said before. */
  void delay(LayerState layer, long until) {
    Delay old = delayOf.get(layer);
    if (old != null && old.until - until >= 0) {
      return;
    }
    forget(layer);
    if (!layer.isDetached()) {
      var delay = new Delay(until, number++, layer);
      delays.add(delay);
      delayOf.put(layer, delay);
    }
  }

  /** Somebody asks for the layer now, whatever failed before. */
  void wakeNow(LayerState layer) {
    forget(layer);
    wake(layer);
  }

  /** Starts nothing for the layer until it is woken. */
  void forget(LayerState layer) {
    ready.values().forEach(layers -> layers.remove(layer));
    parked.remove(layer);
    Delay delay = delayOf.remove(layer);
    if (delay != null) {
      delays.remove(delay);
    }
  }

  /** Returns whether time alone can bring something to start. */
  boolean waitsForTime() {
    return !delays.isEmpty() || !parked.isEmpty();
  }

  /** Wakes the layers whose time has come. */
  void tick(long now) {
    while (!delays.isEmpty() && delays.first().until - now <= 0) {
      wakeNow(delays.first().layer);
    }
    for (int i = 0; i < PARKED_PER_TICK && !parked.isEmpty(); i++) {
      wake(parked.getFirst());
    }
  }

  /** Starts what may be started now. */
  void start(long now) {
    for (Priority priority : List.of(Priority.PREFETCH, Priority.BACKGROUND)) {
      SequencedSet<LayerState> layers = ready(priority);
      while (permits.isFreeForLow() && isRoomFor(priority) && !layers.isEmpty()) {
        LayerState layer = layers.removeFirst();
        if (start(layer, priority, now)) {
          layers.addLast(layer);
        }
      }
    }
  }

  /** A layer that is left out stays ready. */
  private boolean isRoomFor(Priority priority) {
    return priority != Priority.BACKGROUND
        || streams.count(Priority.BACKGROUND) < options.backgroundStreams();
  }

  private boolean start(LayerState layer, Priority priority, long now) {
    for (LowWork work : layer.low().works(priority)) {
      int chunk = layer.low().nextUncarried(work);
      if (chunk >= 0) {
        return start(layer, work, chunk, priority, now);
      }
    }
    if (layer.low().takeAnotherPass()) {
      delay(layer, now + NEXT_PASS_NANOS);
    }
    return false;
  }

  /** A layer that may not start is woken when one of its streams ends, or by the clock. */
  private boolean start(LayerState layer, LowWork work, int chunk, Priority priority, long now) {
    if (layer.flights().count() >= options.streamsPerLayer()) {
      return false;
    }
    long room = room(layer) - layer.chunks().diskBytes(chunk);
    if (room < 0 || (priority == Priority.BACKGROUND && !backgroundRequests.tryTake(now))) {
      parked.addLast(layer);
      return false;
    }
    boolean prefetch = priority == Priority.PREFETCH;
    long unit = prefetch ? options.prefetchRange() : options.backgroundRange();
    List<ChunkRun> runs = layer.planner().forLowWork(chunk, work, unit, priority);
    List<ChunkRun> fitting = fitting(layer, runs, chunk + 1, room);
    work.goOnFrom(fitting.getLast().to());
    streams.open(layer, fitting, priority);
    return true;
  }

  /** Returns how many bytes may be asked for besides what open streams bring. */
  private long room(LayerState layer) {
    return layer.chunks().roomInAdvance() - streams.promisedBytes();
  }

  /**
   * Cuts off what there is no room for. A stream that came to such a chunk would end there, and
   * what was under way behind it would be thrown away.
   *
   * @param from chunks before it are kept
   * @param room bytes that are left for the others
   */
  private static List<ChunkRun> fitting(
      LayerState layer, List<ChunkRun> runs, int from, long room) {
    LayerChunks chunks = layer.chunks();
    long left = room;
    var fitting = new ArrayList<ChunkRun>(runs.size());
    for (ChunkRun run : runs) {
      int start = Math.max(run.from(), from);
      for (int c = chunks.nextMissing(start, run.to());
          c >= 0;
          c = chunks.nextMissing(c + 1, run.to())) {
        left -= chunks.diskBytes(c);
        if (left < 0) {
          if (c > run.from()) {
            fitting.add(new ChunkRun(run.from(), c));
          }
          return fitting;
        }
      }
      fitting.add(run);
    }
    return fitting;
  }
}
