package dev.lazuli.snapshotter.layers;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.start.FetchPace;
import dev.lazuli.snapshotter.start.FollowedStarts;
import dev.lazuli.snapshotter.start.HeadStart;
import dev.lazuli.snapshotter.start.ImageStart;
import dev.lazuli.snapshotter.start.StartLayer;
import dev.lazuli.snapshotter.start.StartLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each image that is newly mounted its {@link HeadStart}: reads how its containers start
 * while its layers are indexed, and starts once all of them are mounted or have failed to be. Safe
 * for use by several threads; no call waits.
 */
final class HeadStarts {
  private static final Logger log = LoggerFactory.getLogger(HeadStarts.class);

  /** Clients unpack layers that cannot be mounted in between, which may take long. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Each walk keeps what {@link StartLimits#textBytes} allows; others wait for their turn. */
  private static final int MOST_WALKS = 16;

  /** How long a walk waits for its turn; then the container starts without. */
  private static final int TURN_SECONDS = 30;

  /** Walks compute; a node's other work has its processors as well. */
  private static final int THREADS = 2;

  private static final int IDLE_SECONDS = 10;
  private static final int MOST_FAILURES = 4096;
  private static final int MOST_PACES = 100;

  private final LayerOrigin origin;
  private final FollowedStarts followed;
  private final StartLimits limits;
  private final Function<Digest, Optional<OpenLayer>> open;

  /** By registry: what fetching costs differs. */
  private final Cache<String, FetchPace> paces =
      Caffeine.newBuilder().maximumSize(MOST_PACES).build();

  private final Executor steps = steps();
  private final Semaphore walks = new Semaphore(MOST_WALKS);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** References of the images that are being given a head start. */
  private final Map<String, Thread> running = new HashMap<>();

  /**
   * Layers that could not be mounted, and when, by {@link System#nanoTime}; the oldest first. They
   * may fail before the first one is mounted, so they are remembered as long as anybody might wait
   * for them.
   */
  private final Map<String, Long> failed = new LinkedHashMap<>();

  /**
   * Makes an object without head starts.
   *
   * @param followed head starts that readers lead on
   * @param limits what one head start may cost; 0 bytes of blobs for no head starts at all
   * @param open finds a layer that is open
   */
  HeadStarts(
      LayerOrigin origin,
      FollowedStarts followed,
      StartLimits limits,
      Function<Digest, Optional<OpenLayer>> open) {
    this.origin = origin;
    this.followed = followed;
    this.limits = limits;
    this.open = open;
  }

  /** Returns what runs the steps of walks, on threads that end by themselves when idle. */
  private static Executor steps() {
    var pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("lazuli-start-", 0).factory());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** A layer was mounted that was not before. */
  void mounted(LayerRequest request) {
    lock.lock();
    try {
      failed.remove(name(request.reference(), request.digest()));
      changed.signalAll();
      if (limits.blobBytes() > 0 && !running.containsKey(request.reference())) {
        start(request);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A node without a thread to spare starts its containers without. */
  @GuardedBy("lock")
  private void start(LayerRequest request) {
    var thread = Thread.ofVirtual().name("head-start").unstarted(() -> run(request));
    running.put(request.reference(), thread);
    try {
      thread.start();
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      running.remove(request.reference());
      log.debug("image {}: no head start: {}", request.reference(), e.toString());
    }
  }

  /** A layer could not be mounted: nothing waits for it. */
  void failed(LayerRequest request) {
    lock.lock();
    try {
      forgetOld();
      var name = name(request.reference(), request.digest());
      failed.remove(name);
      failed.put(name, System.nanoTime());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void forgetOld() {
    long now = System.nanoTime();
    var times = failed.values().iterator();
    while (times.hasNext()
        && (now - times.next() > PATIENCE.toNanos() || failed.size() >= MOST_FAILURES)) {
      times.remove();
    }
  }

  /** A layer may be available under one name of an image and not under another. */
  private static String name(String reference, Digest digest) {
    return digest + " " + reference;
  }

  private void run(LayerRequest request) {
    try {
      var start = origin.start(request.reference(), request.manifestDigest());
      // A tag may lead elsewhere by now.
      if (start.isPresent() && start.get().layers().contains(request.digest())) {
        run(request, start.get());
      }
    } catch (IOException | RuntimeException e) {
      log.debug("image {}: no head start: {}", request.reference(), e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended(request.reference());
    }
  }

  private void run(LayerRequest request, ImageStart start)
      throws IOException, InterruptedException {
    awaitLayers(request.reference(), start.layers());
    var layers = new ArrayList<StartLayer>();
    try {
      open(start, layers);
      var pace = paces.get(request.registry(), _ -> new FetchPace());
      try (var head = HeadStart.of(start, layers, limits, pace, steps);
          var _ = followed.follow(head, layers)) {
        walk(request, head);
        head.followReaders();
      }
    } finally {
      layers.forEach(StartLayer::close);
    }
  }

  private void open(ImageStart start, List<StartLayer> layers) throws IOException {
    var fromTop = start.layers().reversed().stream().distinct().limit(limits.layers());
    for (var digest : fromTop.toList()) {
      var layer = open.apply(digest);
      if (layer.isPresent()) {
        layers.add(layer.get().forStart());
      }
    }
  }

  /** From then on another start of the image may have its own. */
  private void walk(LayerRequest request, HeadStart head) throws InterruptedException {
    if (!walks.tryAcquire(TURN_SECONDS, TimeUnit.SECONDS)) {
      return;
    }
    try {
      var walked = head.walk();
      log.debug(
          "image {}: {} files fetched for its start, found with {} lookups",
          request.reference(),
          walked.files(),
          walked.lookUps());
    } finally {
      walks.release();
      ended(request.reference());
    }
  }

  private void awaitLayers(String reference, List<Digest> digests) throws InterruptedException {
    long left = PATIENCE.toNanos();
    lock.lock();
    try {
      while (left > 0 && !digests.stream().allMatch(digest -> isSettled(reference, digest))) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isSettled(String reference, Digest digest) {
    return failed.containsKey(name(reference, digest)) || open.apply(digest).isPresent();
  }

  private void ended(String reference) {
    lock.lock();
    try {
      running.remove(reference, Thread.currentThread());
    } finally {
      lock.unlock();
    }
  }
}
