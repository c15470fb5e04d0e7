package dev.lazuli.snapshotter.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.Demand;
import dev.lazuli.snapshotter.fetch.plan.Effect;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.LayerState;
import dev.lazuli.snapshotter.fetch.plan.LinkEstimate;
import dev.lazuli.snapshotter.fetch.plan.LowWork;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.fetch.plan.SchedulerState;
import dev.lazuli.snapshotter.fetch.plan.TokenBucket;
import dev.lazuli.snapshotter.fetch.plan.WaitingReader;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches, for the whole node, ranges of blobs into the cache: one virtual thread per open range, a
 * fixed number of them. What is fetched when is decided by {@link SchedulerState}; this is what it
 * lacks: the lock around it, threads and a clock. Thread-safe.
 *
 * <p>The lock is never held while anything waits.
 */
public final class FetchScheduler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FetchScheduler.class);
  private static final long CLOSE_NANOS = 5_000_000_000L;

  private final FetchOptions options;
  private final FetchListener listener;
  private final LongSupplier clock;
  private final Gate gate;
  private final TokenBucket backgroundBytes;
  private final StreamParts streamParts;
  private final Timekeeper timekeeper = new Timekeeper(this::tick);
  private final Map<LayerState, AttachedLayer> attached = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  @GuardedBy("lock")
  private final SchedulerState state;

  @GuardedBy("lock")
  private boolean closed;

  private volatile LinkEstimate lastLink;
  private volatile long lastTick;

  /** Starts a scheduler; {@code limits} bound what the decoder accepts. */
  public FetchScheduler(FetchOptions options, Limits limits, FetchListener listener) {
    this(options, limits, listener, System::nanoTime);
  }

  /** Starts a scheduler with a clock of its own, in nanoseconds. */
  FetchScheduler(FetchOptions options, Limits limits, FetchListener listener, LongSupplier clock) {
    this.options = options;
    this.listener = listener;
    this.clock = clock;
    this.lastTick = clock.getAsLong();
    this.lastLink = new LinkEstimate(options.minimumUnit(), options.maximumUnit());
    long perSecond = options.backgroundBytesPerSecond();
    this.backgroundBytes = new TokenBucket(perSecond, perSecond / 8.0, lastTick);
    this.state = new SchedulerState(options, lastTick);
    var decoder = new ChunkDecoder(limits);
    this.gate = new Gate(decoder::isMemoryWanted);
    this.streamParts = new StreamParts(new Events(), listener, decoder, gate, clock);
    timekeeper.start();
  }

  /**
   * Takes a layer into the scheduler's care. The handle stays the caller's; the scheduler works on
   * one of its own.
   *
   * @throws IOException if the layer cannot be opened
   */
  @SuppressWarnings("MustBeClosed") // Goes with the attached layer, or we close it.
  public LayerFetch attach(LayerData data, BlobSource source, Compression compression)
      throws IOException {
    LayerData own = data.share();
    try {
      var link = lastLink.successor();
      var layer = new AttachedLayer(own, source, compression, link, options.maximumUnit());
      attach(layer);
      return new Fetched(layer);
    } catch (IOException | RuntimeException | Error e) {
      own.close();
      throw e;
    }
  }

  private void attach(AttachedLayer layer) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the fetch scheduler is closed");
      }
      attached.put(layer.state(), layer);
    } finally {
      lock.unlock();
    }
    change((state, _) -> state.attach(layer.state()));
  }

  /** Returns how many streams are open on the whole node. */
  public int openStreams() {
    lock.lock();
    try {
      return state.openStreams();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns when the scheduler last looked at its deadlines, by its clock, {@link System#nanoTime}:
   * a second ago at most while it is well.
   */
  public long lastTick() {
    return lastTick;
  }

  /**
   * Pays for background bytes that somebody else than a stream has fetched; returns how many
   * nanoseconds to wait.
   */
  public long backgroundPause(long bytes) {
    return backgroundBytes.take((double) bytes, clock.getAsLong());
  }

  /** Something that the state is told of. */
  @FunctionalInterface
  private interface Event {
    void happen(SchedulerState state, long now);
  }

  /** Tells the state of an event, and does what it wants done. */
  private void change(Event event) {
    List<Effect> effects;
    boolean hurry;
    lock.lock();
    try {
      boolean idle = state.isQuiet();
      try {
        event.happen(state, clock.getAsLong());
      } finally {
        effects = state.takeEffects();
        hurry = idle && !state.isIdle();
        gate.announce(state.demanded(), state.receivingForReaders(), state.prefetching());
        ended.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (hurry) {
      timekeeper.hurry();
    }
    effects.forEach(this::carryOut);
  }

  private void carryOut(Effect effect) {
    try {
      switch (effect) {
        case Effect.Open open -> openStream(open.layer(), open.flight());
        case Effect.End end -> end.flight().killSwitch().kill(end.reason());
        case Effect.Served served -> tell(() -> served(served));
        case Effect.Failed failed -> tell(() -> failed(failed));
        case Effect.Done done -> tell(() -> done.future().complete(null));
        case Effect.Dropped dropped -> tell(() -> dropped.future().cancel(false));
        case Effect.Refused refused ->
            tell(() -> refused.future().completeExceptionally(refused.reason()));
        case Effect.Seal seal -> seal(seal.layer());
        case Effect.Release release -> release(release.layer());
        case Effect.Wake _ -> gate.poke();
      }
    } catch (RuntimeException | Error e) { // The effects after it must be carried out.
      unexpected("lazuli-fetch", e);
    }
  }

  /** Runs what completes a future: what depends on it may block. */
  private static void tell(Runnable completion) {
    Thread.ofVirtual().name("lazuli-fetch-notify").start(completion);
  }

  private void served(Effect.Served served) {
    Demand demand = served.reader().demand();
    String layer = served.reader().layer().chunks().layer();
    try {
      listener.demandServed(layer, demand.from(), demand.to(), served.nanos());
    } finally {
      demand.answer().complete(null);
    }
  }

  private void failed(Effect.Failed failed) {
    String layer = failed.reader().layer().chunks().layer();
    try {
      listener.demandFailed(layer, failed.reason());
    } finally {
      failed.reader().demand().answer().completeExceptionally(failed.reason());
    }
  }

  private void openStream(LayerState of, Flight flight) {
    AttachedLayer layer = Objects.requireNonNull(attached.get(of));
    try {
      Thread.ofVirtual()
          .name("lazuli-fetch-" + layer.data().slot())
          .start(new FetchStream(streamParts, layer, flight));
    } catch (RuntimeException | Error e) {
      streamParts.events().ended(layer, flight, e, false);
      throw e;
    }
  }

  private void seal(LayerState of) {
    AttachedLayer layer = attached.get(of);
    if (layer == null) {
      change((state, now) -> state.sealEnded(of, /* sealed= */ false, /* failed= */ false, now));
      return;
    }
    var sealer = new Sealer(layer, listener, (whole, failure) -> sealEnded(of, whole, failure));
    try {
      Thread.ofVirtual().name("lazuli-fetch-seal").start(sealer);
    } catch (RuntimeException | Error e) {
      sealEnded(of, /* sealed= */ false, e);
    }
  }

  private void sealEnded(LayerState of, boolean sealed, @Nullable Throwable failure) {
    if (failure != null && !(failure instanceof IOException)) {
      unexpected("lazuli-fetch-seal", failure);
    }
    change((state, now) -> state.sealEnded(of, sealed, failure != null, now));
  }

  private void release(LayerState of) {
    AttachedLayer layer = attached.remove(of);
    if (layer != null) {
      layer.data().close();
    }
  }

  private void unexpected(String thread, Throwable error) {
    log.error("{}: unexpected error", thread, error);
    listener.unexpected(thread, error);
  }

  private Timekeeper.Pace tick() {
    long now = clock.getAsLong();
    try {
      change(SchedulerState::tick);
    } catch (RuntimeException | Error e) {
      unexpected("lazuli-fetch-timer", e);
    }
    lastTick = now;
    lock.lock();
    try {
      if (state.isIdle()) {
        return Timekeeper.Pace.IDLE;
      }
      return state.isQuiet() ? Timekeeper.Pace.QUIET : Timekeeper.Pace.BUSY;
    } finally {
      lock.unlock();
    }
  }

  private void awaitEnd(AttachedLayer layer) {
    long left = CLOSE_NANOS;
    lock.lock();
    try {
      while (left > 0 && SchedulerState.isWorkedOn(layer.state())) {
        left = ended.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private void detach(AttachedLayer layer) {
    change((state, now) -> state.detach(layer.state(), now));
    tell(() -> layer.completed().cancel(false));
    awaitEnd(layer);
  }

  /** Detaches all layers and stops. Idempotent. */
  @Override
  public void close() {
    timekeeper.stop();
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    List.copyOf(attached.values()).forEach(this::detach);
    streamParts.decoder().close();
  }

  /** What streams tell, as events. */
  private final class Events implements StreamEvents {
    @Override
    public boolean mayBring(AttachedLayer layer, Flight flight, int chunk) {
      lock.lock();
      try {
        return state.mayBring(layer.state(), flight, chunk);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void passed(Flight flight, int chunk) {
      lock.lock();
      try {
        state.passed(flight, chunk);
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void committed(AttachedLayer layer, Flight flight, int chunk) {
      change(
          (state, now) -> {
            state.passed(flight, chunk + 1);
            state.arrived(layer.state(), chunk, now);
          });
    }

    @Override
    public void found(AttachedLayer layer, int chunk) {
      change((state, now) -> state.arrived(layer.state(), chunk, now));
    }

    @Override
    public void receiving(Flight flight) {
      change((state, _) -> state.receiving(flight));
    }

    @Override
    public void letGo(AttachedLayer layer, Flight flight, int chunk) {
      change((state, now) -> state.letGo(layer.state(), flight, chunk, now));
    }

    @Override
    public void learnt(LinkEstimate link) {
      lastLink = link;
    }

    @Override
    public long backgroundPause(int bytes) {
      return backgroundBytes.take(bytes, clock.getAsLong());
    }

    @Override
    public void unexpected(String thread, Throwable error) {
      FetchScheduler.this.unexpected(thread, error);
    }

    @Override
    public void ended(
        AttachedLayer layer, Flight flight, @Nullable Throwable failure, boolean wrongBytes) {
      change((state, now) -> state.ended(layer.state(), flight, failure, wrongBytes, now));
    }
  }

  /** The public face of an attached layer. */
  private final class Fetched implements LayerFetch {
    private final AttachedLayer layer;

    Fetched(AttachedLayer layer) {
      this.layer = layer;
    }

    @Override
    public CompletableFuture<Void> demand(int fromChunk, int toChunk) {
      Objects.checkFromToIndex(fromChunk, toChunk, layer.view().chunkCount());
      if (layer.view().nextMissing(fromChunk, toChunk) < 0) {
        return CompletableFuture.completedFuture(null);
      }
      listener.demandWaits(layer.name(), fromChunk, toChunk);
      var made = new WaitingReader[1];
      change((state, now) -> made[0] = state.demand(layer.state(), fromChunk, toChunk, now));
      CompletableFuture<Void> answer = made[0].demand().answer();
      var _ = answer.whenComplete((_, _) -> withdrawIfCancelled(made[0]));
      return answer;
    }

    private void withdrawIfCancelled(WaitingReader reader) {
      if (reader.demand().answer().isCancelled()) {
        tell(() -> change((state, now) -> state.withdraw(reader, now)));
      }
    }

    @Override
    public CompletableFuture<Void> prefetch(long blobFrom, long blobTo) {
      return prefetch(LowWork.inBlob(layer.view(), blobFrom, blobTo), /* isRange= */ true);
    }

    @Override
    public CompletableFuture<Void> prefetch(List<ChunkRun> runs) {
      ChunkRun.check(runs, layer.view().chunkCount());
      return prefetch(LowWork.listed(layer.view(), runs), /* isRange= */ false);
    }

    private CompletableFuture<Void> prefetch(LowWork work, boolean isRange) {
      change((state, now) -> state.prefetch(layer.state(), work, isRange, now));
      return work.done();
    }

    @Override
    public CompletableFuture<Void> whenPresent(int fromChunk, int toChunk) {
      Objects.checkFromToIndex(fromChunk, toChunk, layer.view().chunkCount());
      var watch = new LayerState.Watch(fromChunk, toChunk, new CompletableFuture<>());
      change((state, _) -> state.watch(layer.state(), watch));
      return watch.seen();
    }

    @Override
    public void arrived(int chunk) {
      Objects.checkIndex(chunk, layer.view().chunkCount());
      change((state, now) -> state.arrivedElsewhere(layer.state(), chunk, now));
    }

    @Override
    public void background() {
      change((state, now) -> state.background(layer.state(), now));
    }

    @Override
    public Optional<Priority> working() {
      lock.lock();
      try {
        return layer.state().flights().all().stream()
            .map(Flight::priority)
            .min(Comparator.naturalOrder());
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean waiting() {
      lock.lock();
      try {
        return SchedulerState.isWaiting(layer.state());
      } finally {
        lock.unlock();
      }
    }

    @Override
    public CompletableFuture<Void> completed() {
      return layer.completed();
    }

    @Override
    public void close() {
      detach(layer);
    }
  }
}
