package dev.lazuli.snapshotter.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.fetch.plan.LinkEstimate;
import dev.lazuli.snapshotter.fetch.plan.SchedulerState;
import dev.lazuli.snapshotter.fetch.plan.TokenBucket;
import dev.lazuli.snapshotter.fetch.plan.WaitingReads;
import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * Fetches, for the whole node, ranges of blobs into the cache: one virtual thread per open range, a
 * fixed number of them. What is fetched when is decided by {@link SchedulerState}; the classes here
 * are what it lacks: the lock around it ({@link GuardedState}), threads ({@link Errands}) and a
 * clock. Thread-safe.
 */
public final class FetchScheduler implements AutoCloseable {
  private final FetchOptions options;
  private final FetchListener listener;
  private final LongSupplier clock;
  private final ChunkDecoder decoder;
  private final TokenBucket backgroundBytes;
  private final Timekeeper timekeeper = new Timekeeper(this::tick);
  private final GuardedState state;
  private final Errands errands;
  private final RegistryLinks links;
  private final Object attaching = new Object();

  @GuardedBy("attaching")
  private boolean closed;

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
    this.links = new RegistryLinks(new LinkEstimate(options.minimumUnit(), options.maximumUnit()));
    long perSecond = options.backgroundBytesPerSecond();
    this.backgroundBytes = new TokenBucket(perSecond, perSecond / 8.0, lastTick);
    this.decoder = new ChunkDecoder(limits);
    var gate = new Gate(decoder::isMemoryWanted);
    this.state = new GuardedState(options, clock, gate, timekeeper);
    this.errands = new Errands(state, listener, gate, decoder, clock, this::news);
    timekeeper.start();
  }

  private StreamEvents news(Errands toldTo) {
    return new StreamNews(state, toldTo, backgroundBytes, clock, links);
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
      var link = links.of(source.origin());
      var layer = new AttachedLayer(own, source, compression, link, options.maximumUnit());
      attach(layer);
      return face(layer);
    } catch (IOException | RuntimeException | Error e) {
      own.close();
      throw e;
    }
  }

  private void attach(AttachedLayer layer) throws IOException {
    synchronized (attaching) {
      if (closed) {
        throw new IOException("the fetch scheduler is closed");
      }
      errands.add(layer);
    }
    errands.tell((state, _) -> state.attach(layer.state()));
  }

  private LayerFetch face(AttachedLayer layer) {
    return new ScheduledLayer(layer, state, errands, listener);
  }

  /** Returns how many streams are open on the whole node. */
  public int openStreams() {
    return state.ask(SchedulerState::openStreams);
  }

  /** Returns which readers wait for content, of all layers. */
  public WaitingReads waitingReads() {
    return state.ask(asked -> asked.waitingReads(clock.getAsLong()));
  }

  /**
   * Returns when the scheduler last looked at all its deadlines, by its clock, {@link
   * System#nanoTime}: a second ago at most while it is well.
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

  private Timekeeper.Pace tick() {
    try {
      long now = clock.getAsLong();
      errands.tell((state, at) -> state.tick(at, decoder.isMemoryWanted()));
      lastTick = now; // Only now: while each tick fails, no deadline is kept.
    } catch (RuntimeException | Error e) {
      errands.unexpected("lazuli-fetch-timer", e);
    }
    return state.ask(GuardedState::pace);
  }

  /** Detaches all layers and stops. Idempotent. */
  @Override
  public void close() {
    timekeeper.stop();
    synchronized (attaching) {
      closed = true;
    }
    errands.layers().forEach(layer -> face(layer).close());
    decoder.close();
  }
}
