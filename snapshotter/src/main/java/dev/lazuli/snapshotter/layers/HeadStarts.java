package dev.lazuli.snapshotter.layers;

import dev.lazuli.snapshotter.start.HeadStart;
import dev.lazuli.snapshotter.start.ImageStart;
import dev.lazuli.snapshotter.start.StartLayer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

  private final LayerOrigin origin;
  private final long budget;
  private final Function<String, Optional<OpenLayer>> open;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** References of the images that are being given a head start. */
  private final Set<String> running = new HashSet<>();

  /** Layers that could not be mounted, as long as anything runs. */
  private final Set<String> failed = new HashSet<>();

  /**
   * Prepares.
   *
   * @param budget most bytes of blobs to fetch for one image; 0 for no head starts at all
   * @param open finds a layer that is open
   */
  HeadStarts(LayerOrigin origin, long budget, Function<String, Optional<OpenLayer>> open) {
    this.origin = origin;
    this.budget = budget;
    this.open = open;
  }

  /** A layer was mounted that was not before. */
  void mounted(LayerRequest request) {
    lock.lock();
    try {
      failed.remove(request.digest());
      changed.signalAll();
      if (budget > 0 && running.add(request.reference())) {
        Thread.ofVirtual().name("head-start").start(() -> run(request));
      }
    } finally {
      lock.unlock();
    }
  }

  /** A layer could not be mounted: nothing waits for it. */
  void failed(LayerRequest request) {
    lock.lock();
    try {
      if (!running.isEmpty()) {
        failed.add(request.digest());
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
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
    awaitLayers(start.layers());
    var layers = new ArrayList<StartLayer>();
    try {
      for (var digest : start.layers().reversed()) {
        var layer = open.apply(digest);
        if (layer.isPresent()) {
          layers.add(layer.get().forStart());
        }
      }
      int files = HeadStart.run(start, layers, budget);
      log.debug("image {}: {} files fetched for its start", request.reference(), files);
    } finally {
      layers.forEach(StartLayer::close);
    }
  }

  private void awaitLayers(List<String> digests) throws InterruptedException {
    long left = PATIENCE.toNanos();
    lock.lock();
    try {
      while (left > 0 && !digests.stream().allMatch(this::isSettled)) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isSettled(String digest) {
    return failed.contains(digest) || open.apply(digest).isPresent();
  }

  private void ended(String reference) {
    lock.lock();
    try {
      running.remove(reference);
      if (running.isEmpty()) {
        failed.clear();
      }
    } finally {
      lock.unlock();
    }
  }
}
