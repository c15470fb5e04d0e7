package dev.lazuli.snapshotter.fetch;

import java.util.List;

/**
 * Decides which streams are started, within the permits: first for readers, then for prefetch, then
 * for background work, the layers in turn. Guarded by the scheduler's lock, except {@link
 * #permitsWanted}.
 */
final class Dispatcher {
  private final FetchScheduler scheduler;
  private final FetchOptions options;
  private final Gate gate;
  private final List<FetchedLayer> layers;
  private final TokenBucket backgroundRequests;
  private int running;
  private int runningLow;
  private int turn;
  private volatile boolean permitsWanted;

  /**
   * Makes a dispatcher.
   *
   * @param layers those attached to the scheduler, always as they are now
   */
  Dispatcher(FetchScheduler scheduler, FetchOptions options, Gate gate, List<FetchedLayer> layers) {
    this.scheduler = scheduler;
    this.options = options;
    this.gate = gate;
    this.layers = layers;
    double perSecond = options.backgroundRequestsPerSecond();
    this.backgroundRequests = new TokenBucket(perSecond, Math.max(1, perSecond), System.nanoTime());
  }

  /** Returns whether a reader waits for a stream to end. */
  boolean permitsWanted() {
    return permitsWanted;
  }

  /** Returns how many streams are open. */
  int running() {
    return running;
  }

  /** Takes the permit of a stream back. */
  void ended(RangeStream stream) {
    running--;
    if (stream.basePriority() != Priority.ON_DEMAND) {
      runningLow--;
    }
  }

  /** Starts what may be started now. */
  void dispatch(long now) {
    permitsWanted = false;
    turn = layers.isEmpty() ? 0 : (turn + 1) % layers.size();
    for (int i = 0; i < layers.size(); i++) {
      FetchedLayer layer = layers.get((turn + i) % layers.size());
      for (Demand demand : layer.demands) {
        if (demand.retryAt - now <= 0) {
          dispatch(layer, demand, now);
        }
      }
    }
    dispatchLow(Priority.PREFETCH, now);
    dispatchLow(Priority.BACKGROUND, now);
    announce(now);
  }

  /** Sees that every missing chunk of the demand is carried. */
  private void dispatch(FetchedLayer layer, Demand demand, long now) {
    int chunk = layer.data().nextMissing(demand.from, demand.to);
    while (chunk >= 0) {
      RangeStream carrier = layer.carrier(chunk);
      if (carrier != null && !layer.near(carrier, chunk)) {
        carrier.endBefore(chunk);
        layer.rewind(chunk);
        carrier = null;
      }
      if (carrier == null) {
        if (running >= options.streams()) {
          permitsWanted = true;
          return;
        }
        carrier = prepare(layer, layer.streams().forDemand(chunk, now), Priority.ON_DEMAND);
        carrier.urge(Math.min(demand.to, carrier.end()));
        start(carrier);
      } else {
        carrier.urge(Math.min(demand.to, carrier.end()));
        gate.poke();
      }
      int carriedUpTo = carrier.carriedUpTo(chunk);
      chunk = carriedUpTo < demand.to ? layer.data().nextMissing(carriedUpTo, demand.to) : -1;
    }
  }

  private void dispatchLow(Priority priority, long now) {
    boolean started = true;
    while (started && !permitsWanted) {
      started = false;
      for (int i = 0; i < layers.size(); i++) {
        FetchedLayer layer = layers.get((turn + i) % layers.size());
        started |= layer.lowRetryAt - now <= 0 && startLow(layer, priority, now);
      }
    }
  }

  private boolean startLow(FetchedLayer layer, Priority priority, long now) {
    for (LowWork work : layer.works(priority)) {
      int chunk = layer.nextUncarried(work);
      if (chunk >= 0) {
        return mayStartLow(layer, priority, now) && startLow(layer, work, chunk, priority);
      }
    }
    return false;
  }

  private boolean mayStartLow(FetchedLayer layer, Priority priority, long now) {
    return running < options.streams()
        && runningLow < options.lowStreams()
        && layer.active.size() < options.streamsPerLayer()
        && layer.data().hasRoom()
        && (priority == Priority.PREFETCH || backgroundRequests.tryTake(now));
  }

  private boolean startLow(FetchedLayer layer, LowWork work, int chunk, Priority priority) {
    boolean prefetch = priority == Priority.PREFETCH;
    long unit = prefetch ? options.prefetchRange() : options.backgroundRange();
    List<ChunkRun> runs = layer.streams().forLowWork(chunk, work, unit);
    work.goOnFrom(runs.getLast().to());
    start(prepare(layer, runs, priority));
    return true;
  }

  private RangeStream prepare(FetchedLayer layer, List<ChunkRun> runs, Priority priority) {
    var stream = new RangeStream(scheduler, layer, runs, priority);
    layer.active.add(stream);
    running++;
    if (priority != Priority.ON_DEMAND) {
      runningLow++;
    }
    return stream;
  }

  private static void start(RangeStream stream) {
    Thread.ofVirtual().name("lazuli-fetch-" + stream.layer().data().slot()).start(stream);
  }

  /** Tells those at the gate who else is at work. */
  void announce(long now) {
    boolean demanded = false;
    boolean receiving = false;
    boolean prefetching = false;
    for (FetchedLayer layer : layers) {
      for (Demand demand : layer.demands) {
        demanded |= demand.retryAt - now <= 0;
      }
      for (RangeStream stream : layer.active) {
        receiving |= stream.isReceiving() && stream.priority() == Priority.ON_DEMAND;
        prefetching |= stream.basePriority() != Priority.BACKGROUND;
      }
    }
    gate.announce(demanded, receiving, prefetching);
  }
}
