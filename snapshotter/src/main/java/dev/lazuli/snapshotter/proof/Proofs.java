package dev.lazuli.snapshotter.proof;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.LayerProof;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.proof.WholeBlobStream.Pace;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's proofs: who waits for one, and the few that are under way. Of layers whose registries
 * have as many passes, those that still miss content go first, because a pass brings it along. A
 * pass has a thread of its own, for it computes as much as it waits; its memory is a window, a
 * decompressor and an index of the tar, for which all passes share a budget of their own.
 * Thread-safe.
 */
public final class Proofs implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Proofs.class);
  private static final long CLOSE_MILLIS = 5000;

  /** More passes than these wait for each other's indexes. */
  private static final int MOST_INDEXES = 16;

  /**
   * How passes go about their work.
   *
   * @param limits what the decoder accepts, and most memory for indexes of tars
   * @param courtesy whom to stand aside for
   * @param listener told of bytes that arrive
   * @param pauseNanos pays for a number of bytes and returns how long to wait, in nanoseconds
   * @param firstWaitMillis wait after the first failed request; doubles each time
   * @param retry wait before a pass that failed is tried again; doubles each time, to 64 times
   * @param clock says when something was found
   */
  public record Manners(
      Limits limits,
      Courtesy courtesy,
      FetchListener listener,
      LongUnaryOperator pauseNanos,
      long firstWaitMillis,
      Duration retry,
      InstantSource clock) {}

  /** A wish for a proof, from its request until it was fulfilled or given up. */
  private final class Wish implements ProofWish, ProofQueue.Contender {
    final ProvableLayer layer;
    final boolean fills;
    final PassLife life = new PassLife();
    final AtomicInteger failures = new AtomicInteger();

    /** What was found, while it could not be recorded. */
    @Nullable LayerProof unrecorded;

    Wish(ProvableLayer layer, boolean fills) {
      this.layer = layer;
      this.fills = fills;
    }

    @Override
    public String registry() {
      return layer.registry();
    }

    @Override
    public boolean fills() {
      return fills;
    }

    @Override
    public int failures() {
      return failures.get();
    }

    @Override
    public boolean isUnderWay() {
      synchronized (Proofs.this) {
        return queue.isRunning(this);
      }
    }

    @Override
    public void close() {
      life.end();
      forget(this);
    }
  }

  private final ProofOptions options;
  private final Manners manners;
  private final ScheduledExecutorService timer;
  private final ThreadFactory threads;
  private final ChunkDecoder decoder;
  private final IndexMemory memory;

  @GuardedBy("this")
  private final ProofQueue<Wish> queue;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Makes a room without work.
   *
   * @param timer for tries after a failure; the caller's
   */
  public Proofs(ProofOptions options, Manners manners, ScheduledExecutorService timer) {
    this(options, manners, timer, Thread.ofPlatform().daemon().factory());
  }

  /** As above, with threads of the caller's choice. */
  Proofs(
      ProofOptions options,
      Manners manners,
      ScheduledExecutorService timer,
      ThreadFactory threads) {
    this.threads = threads;
    this.options = options;
    this.manners = manners;
    this.timer = timer;
    this.decoder = new ChunkDecoder(manners.limits());
    this.queue = new ProofQueue<>(options.passes(), System::nanoTime);
    int most = Math.min(options.passes() + 1, MOST_INDEXES);
    this.memory = new IndexMemory(manners.limits().indexBytes(), most);
  }

  /** Returns which layers are proved. */
  public ProofOptions options() {
    return options;
  }

  /**
   * Asks for a proof of a layer that has none.
   *
   * @param fills whether content of it is missing
   * @return the wish, to be taken back when the layer is not in use any more
   */
  public ProofWish request(ProvableLayer layer, boolean fills) {
    var wish = new Wish(layer, fills);
    enqueue(wish);
    return wish;
  }

  private void enqueue(Wish wish) {
    synchronized (this) {
      if (closed || wish.life.hasEnded()) {
        return;
      }
      queue.add(wish);
    }
    startNext();
  }

  private synchronized void forget(Wish wish) {
    queue.remove(wish);
  }

  private void startNext() {
    startSome().forEach(this::putOffSoon);
  }

  /** Puts off without the locks of whoever asked: a layer that hears of it takes its own. */
  private void putOffSoon(Wish wish) {
    try {
      timer.execute(() -> putOff(wish, "no thread could be started for the proof"));
    } catch (RejectedExecutionException e) {
      log.debug("layer {}: left to the next daemon", wish.layer.digest());
    }
  }

  /** Returns those for which there was no thread. */
  private synchronized List<Wish> startSome() {
    var refused = new ArrayList<Wish>();
    while (!closed) {
      var next = queue.next();
      if (next.isEmpty()) {
        break;
      }
      var wish = next.get();
      var thread = threads.newThread(() -> work(wish));
      thread.setName("lazuli-proof-" + wish.layer.digest());
      try {
        thread.start();
      } catch (OutOfMemoryError e) { // The kernel's limit of threads, not memory as a rule.
        queue.done(wish);
        refused.add(wish);
      }
    }
    return refused;
  }

  private void work(Wish wish) {
    try {
      prove(wish);
    } catch (RuntimeException | Error e) {
      log.error("layer {}: its proof failed", wish.layer.digest(), e);
    } finally {
      synchronized (this) {
        queue.done(wish);
        notifyAll();
      }
      startNext();
    }
  }

  private void prove(Wish wish) {
    LayerProof proof;
    try {
      proof = wish.unrecorded == null ? read(wish) : wish.unrecorded;
      wish.unrecorded = proof;
      try (var data = wish.layer.share()) {
        data.prove(proof);
      }
    } catch (PassEndedException e) {
      return;
    } catch (IOException | RuntimeException | Error e) { // No wish is lost, whatever happens.
      if (!wish.life.hasEnded()) {
        putOff(wish, e instanceof IOException ? String.valueOf(e.getMessage()) : e.toString());
      }
      return;
    }
    wish.layer.proved(proof);
  }

  private LayerProof read(Wish wish) throws IOException {
    var pace = new Measured(wish);
    return new ProofPass(
            wish.layer,
            manners.limits(),
            memory,
            decoder,
            pace,
            wish.life,
            manners.firstWaitMillis())
        .run(manners.clock());
  }

  private void putOff(Wish wish, String reason) {
    var wait =
        manners
            .retry()
            .multipliedBy(
                1L << Math.min(wish.failures.getAndIncrement(), ProofQueue.MOST_DOUBLINGS));
    log.warn("layer {}: not proved yet, trying again in {}: {}", wish.layer.digest(), wait, reason);
    try {
      var _ = timer.schedule(() -> enqueue(wish), wait.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("layer {}: left to the next daemon", wish.layer.digest());
    }
    wish.layer.putOff(reason);
  }

  /** Bytes of a pass are background: they stand aside, are paid for, and are counted. */
  private final class Measured implements Pace {
    private final Wish wish;

    Measured(Wish wish) {
      this.wish = wish;
    }

    @Override
    public void before() throws InterruptedException {
      manners.courtesy().giveWay(wish.life);
    }

    @Override
    public long leastRate() {
      synchronized (Proofs.this) {
        return queue.leastRate(wish);
      }
    }

    @Override
    public void after(int bytes) throws InterruptedException {
      manners.listener().bytesFetched(wish.layer.digest().toString(), bytes, Priority.BACKGROUND);
      long pause = manners.pauseNanos().applyAsLong(bytes);
      if (pause > 0) {
        var _ = wish.life.pause(pause);
      }
    }
  }

  /** Ends all passes and waits for them, 5 seconds at most. Idempotent. */
  @Override
  public void close() {
    List<Wish> left;
    synchronized (this) {
      closed = true;
      queue.clear();
      left = queue.running();
    }
    left.forEach(wish -> wish.life.end());
    awaitEnd();
    decoder.close();
  }

  private synchronized void awaitEnd() {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
    try {
      for (long leftMillis = CLOSE_MILLIS; !queue.running().isEmpty() && leftMillis > 0; ) {
        wait(leftMillis);
        leftMillis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
