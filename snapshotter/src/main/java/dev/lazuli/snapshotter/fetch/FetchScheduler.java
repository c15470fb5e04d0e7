package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides for the whole node which ranges of which blobs are fetched when, and fetches them: one
 * virtual thread per open range, a fixed number of them. Thread-safe.
 *
 * <p>Each chunk is carried by one stream at a time: the streams of a layer work on disjoint runs of
 * chunks. A reader's chunk that a stream carries already is waited for, unless it lies far ahead in
 * a stream nobody waits for: then the stream is cut off before it and the chunk gets a stream of
 * its own. Streams that carry nothing urgent stand aside at the {@link Gate} while readers wait,
 * and end at the next chunk if readers lack a permit.
 *
 * <p>All decisions are made under {@link #lock}, never held while anything waits.
 */
public final class FetchScheduler implements AutoCloseable {
  /** How long to leave a chunk to the stream that is about to let go of it. */
  private static final long LEFT_RETRY_NANOS = 10_000_000;

  private static final long CLOSE_NANOS = 5_000_000_000L;

  private static final Logger log = LoggerFactory.getLogger(FetchScheduler.class);

  private final FetchOptions options;
  private final FetchListener listener;
  private final ChunkDecoder decoder;
  private final Gate gate = new Gate();
  private final TokenBucket backgroundBytes;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<FetchedLayer> layers = new ArrayList<>();
  private final Dispatcher dispatcher;
  private final Sealer sealer;
  private final Replies replies;
  private final Timekeeper timekeeper;
  private boolean closed;
  private volatile LinkEstimate lastLink;

  /** Starts a scheduler; {@code limits} bound what the decoder accepts. */
  public FetchScheduler(FetchOptions options, Limits limits, FetchListener listener) {
    this.options = options;
    this.listener = listener;
    this.decoder = new ChunkDecoder(limits);
    this.lastLink = new LinkEstimate(options.minimumUnit(), options.maximumUnit());
    long perSecond = options.backgroundBytesPerSecond();
    this.backgroundBytes = new TokenBucket(perSecond, perSecond / 8.0, System.nanoTime());
    this.dispatcher = new Dispatcher(this, options, gate, layers);
    this.sealer = new Sealer(listener, lock, changed);
    this.replies = new Replies(listener);
    this.timekeeper =
        new Timekeeper(
            options,
            lock,
            changed,
            layers,
            replies,
            this::dispatch,
            e -> unexpected("lazuli-fetch-timer", e));
    timekeeper.start();
  }

  /**
   * Takes a layer into the scheduler's care. The handle stays the caller's; the scheduler works on
   * one of its own.
   *
   * @throws IOException if the layer cannot be opened
   */
  public LayerFetch attach(LayerData data, BlobSource source, Compression compression)
      throws IOException {
    LayerData shared = data.share();
    FetchedLayer layer;
    try {
      layer = new FetchedLayer(this, shared, source, compression);
    } catch (RuntimeException | Error e) {
      shared.close();
      throw e;
    }
    lock.lock();
    try {
      if (closed) {
        layer.data().close();
        throw new IOException("the fetch scheduler is closed");
      }
      layers.add(layer);
      if (data.complete()) {
        layer.completed().complete(null);
      }
      sealer.sealIfWhole(layer);
    } finally {
      lock.unlock();
    }
    return layer;
  }

  FetchOptions options() {
    return options;
  }

  FetchListener listener() {
    return listener;
  }

  /** Returns an estimate for a new layer, which knows what was last learnt of any. */
  LinkEstimate newLink() {
    return lastLink.successor();
  }

  /** The layer's source has shown something of itself. */
  void learnt(LinkEstimate link) {
    lastLink = link;
  }

  ChunkDecoder decoder() {
    return decoder;
  }

  Gate gate() {
    return gate;
  }

  /** Returns how many streams are open on the whole node. */
  public int openStreams() {
    lock.lock();
    try {
      return dispatcher.running();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns when the scheduler last looked at its deadlines, by {@link System#nanoTime}: a second
   * ago at most while it is well.
   */
  public long lastTick() {
    return timekeeper.lastTick();
  }

  /** Logs and counts an error that nobody expected. */
  void unexpected(String thread, Throwable error) {
    log.error("{}: unexpected error", thread, error);
    listener.unexpected(thread, error);
  }

  Optional<Priority> working(FetchedLayer layer) {
    lock.lock();
    try {
      return layer.active.stream().map(RangeStream::priority).min(Comparator.naturalOrder());
    } finally {
      lock.unlock();
    }
  }

  boolean waiting(FetchedLayer layer) {
    lock.lock();
    try {
      return !layer.demands.isEmpty() || layer.hasLowWork();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether a reader waits for a stream to end. */
  boolean permitsWanted() {
    return dispatcher.permitsWanted();
  }

  /** Pays for background bytes; returns how many nanoseconds to wait. */
  long backgroundPause(int bytes) {
    return backgroundBytes.take(bytes, System.nanoTime());
  }

  CompletableFuture<Void> demand(FetchedLayer layer, int from, int to) {
    var demand = new Demand(from, to, System.nanoTime());
    listener.demandWaits(layer.name(), from, to);
    lock.lock();
    try {
      if (layer.closed) {
        return CompletableFuture.failedFuture(FetchFailedException.detached(layer.view(), from));
      }
      layer.demands.add(demand);
      replies.serveIfThere(layer, demand);
      dispatch();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return demand.future;
  }

  CompletableFuture<Void> prefetch(FetchedLayer layer, long blobFrom, long blobTo) {
    var work = LowWork.inBlob(layer.data(), layer.planner(), blobFrom, blobTo);
    return prefetch(
        layer,
        work,
        () -> {
          LowWork replaced = layer.prefetch;
          layer.prefetch = work;
          replies.tell(() -> replaced.done().cancel(false));
        });
  }

  CompletableFuture<Void> prefetch(FetchedLayer layer, List<ChunkRun> runs) {
    var work = LowWork.listed(layer.data(), runs);
    return prefetch(layer, work, () -> layer.lists.add(work));
  }

  private CompletableFuture<Void> prefetch(FetchedLayer layer, LowWork work, Runnable add) {
    lock.lock();
    try {
      if (layer.closed) {
        return CompletableFuture.failedFuture(FetchFailedException.detached(layer.view(), 0));
      }
      add.run();
      layer.retryNow(System.nanoTime());
      dispatch();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return work.done();
  }

  CompletableFuture<Void> whenPresent(FetchedLayer layer, int from, int to) {
    lock.lock();
    try {
      if (layer.closed) {
        return CompletableFuture.failedFuture(FetchFailedException.detached(layer.view(), from));
      }
      var present = new CompletableFuture<Void>();
      layer.watches.add(new FetchedLayer.Watch(from, to, present));
      replies.serveWatches(layer);
      return present;
    } finally {
      lock.unlock();
    }
  }

  void background(FetchedLayer layer) {
    lock.lock();
    try {
      layer.background = LowWork.all(layer.data());
      dispatch();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A chunk of the layer was committed. */
  void arrived(FetchedLayer layer, int chunk) {
    lock.lock();
    try {
      replies.serveWatches(layer);
      if (!layer.demands.isEmpty()) {
        for (Demand demand : List.copyOf(layer.demands)) {
          if (demand.wants(chunk, chunk + 1)) {
            demand.progressed();
            replies.serveIfThere(layer, demand);
          }
        }
        dispatcher.announce(System.nanoTime());
      }
    } finally {
      lock.unlock();
    }
  }

  /** The stream works no more. */
  void ended(RangeStream stream, @Nullable Throwable failure) {
    FetchedLayer layer = stream.layer();
    long now = System.nanoTime();
    lock.lock();
    try {
      layer.active.remove(stream);
      dispatcher.ended(stream);
      if (failure != null) {
        noteFailure(stream, failure, now);
      } else if (layer.misses(stream.kept())) {
        noteLeft(stream, now);
      } else {
        layer.lowFailures = 0;
      }
      sealer.sealIfWhole(layer);
      if (layer.closed && layer.active.isEmpty()) {
        layer.data().close();
      }
      dispatch();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the chunks from {@code chunk} on away from the stream, which would come to them late, and
   * starts others for them.
   */
  void letGo(RangeStream stream, int chunk) {
    lock.lock();
    try {
      stream.endBefore(chunk);
      stream.layer().rewind(chunk);
      dispatch();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The first byte for a reader has come. */
  void receiving() {
    lock.lock();
    try {
      dispatcher.announce(System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  private void noteFailure(RangeStream stream, Throwable failure, long now) {
    FetchedLayer layer = stream.layer();
    for (Demand demand : layer.demands) {
      if (demand.wantsAny(stream.left())) {
        demand.failed(failure, now);
      }
    }
    layer.rewind(stream.from());
    if (stream.basePriority() != Priority.ON_DEMAND) {
      layer.lowFailed(stream.position(), now);
    }
  }

  /** The stream was cut short, or met chunks that another one was still writing. */
  private static void noteLeft(RangeStream stream, long now) {
    FetchedLayer layer = stream.layer();
    for (Demand demand : layer.demands) {
      if (demand.wantsAny(stream.kept())) {
        demand.retryAt = now + LEFT_RETRY_NANOS;
      }
    }
    layer.rewind(stream.from());
    long again = now + LEFT_RETRY_NANOS;
    layer.lowRetryAt = again - layer.lowRetryAt > 0 ? again : layer.lowRetryAt;
  }

  /** Starts what may be started now, and says what prefetch is done. */
  private void dispatch() {
    if (closed) {
      return;
    }
    dispatcher.dispatch(System.nanoTime());
    for (FetchedLayer layer : layers) {
      for (LowWork work : layer.takeDone()) {
        replies.tell(() -> work.done().complete(null));
      }
    }
  }

  void detach(FetchedLayer layer) {
    lock.lock();
    try {
      if (!layer.closed) {
        layer.closed = true;
        layers.remove(layer);
        abandon(layer);
        if (layer.active.isEmpty()) {
          layer.data().close();
        }
        dispatch();
        changed.signalAll();
      }
      awaitStreams(layer);
    } finally {
      lock.unlock();
    }
  }

  private void abandon(FetchedLayer layer) {
    for (Demand demand : List.copyOf(layer.demands)) {
      replies.fail(layer, demand, FetchFailedException.detached(layer.view(), demand.from));
    }
    List<LowWork> prefetched = layer.works(Priority.PREFETCH);
    var watches = List.copyOf(layer.watches);
    layer.watches.clear();
    replies.tell(
        () -> {
          layer.completed().cancel(false);
          prefetched.forEach(work -> work.done().cancel(false));
          watches.forEach(watch -> watch.future().cancel(false));
        });
    layer.active.forEach(RangeStream::cancel);
    gate.poke();
  }

  private void awaitStreams(FetchedLayer layer) {
    long left = CLOSE_NANOS;
    try {
      while ((layer.sealing || !layer.active.isEmpty()) && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Detaches all layers and stops. Idempotent. */
  @Override
  public void close() {
    List<FetchedLayer> attached;
    lock.lock();
    try {
      closed = true;
      timekeeper.stop();
      attached = List.copyOf(layers);
    } finally {
      lock.unlock();
    }
    attached.forEach(FetchedLayer::close);
    decoder.close();
  }
}
