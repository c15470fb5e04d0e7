package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mounts the layers of an image before a client asks for them: clients ask for one after the other,
 * but name those to come. A layer mounted ahead is kept until it was asked for, or for two minutes.
 * A failure does not matter: the client's own request succeeds or fails on its own. Safe for use by
 * several threads.
 */
final class LayersAhead implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LayersAhead.class);
  private static final Duration KEPT = Duration.ofMinutes(2);
  private static final int AT_ONCE = 16;

  private final RemoteLayers layers;
  private final Semaphore permits = new Semaphore(AT_ONCE);
  private final Map<Digest, CountDownLatch> released = new ConcurrentHashMap<>();
  private volatile boolean closed;

  LayersAhead(RemoteLayers layers) {
    this.layers = layers;
  }

  /** Starts to mount what will be asked for after {@code request}. */
  void mountAbove(LayerRequest request) {
    for (var above : request.above()) {
      var release = new CountDownLatch(1);
      if (!closed && released.putIfAbsent(above.digest(), release) == null) {
        Thread.ofVirtual().name("ahead-" + above.digest()).start(() -> keep(above, release));
      }
    }
  }

  /** Says that somebody else holds this layer now, or gave it up. */
  void release(Digest digest) {
    var release = released.get(digest);
    if (release != null) {
      release.countDown();
    }
  }

  private void keep(LayerRequest request, CountDownLatch release) {
    try {
      permits.acquire();
      try (var _ = mount(request)) {
        var _ = release.await(KEPT.toSeconds(), TimeUnit.SECONDS);
      }
    } catch (IOException e) {
      log.debug("layer {} was not mounted ahead: {}", request.digest(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      released.remove(request.digest(), release);
    }
  }

  private RemoteLayer mount(LayerRequest request) throws IOException, InterruptedException {
    try {
      return layers.mountAhead(request);
    } finally {
      permits.release();
    }
  }

  /** Gives up everything that is still kept. Idempotent. */
  @Override
  public void close() {
    closed = true;
    released.values().forEach(CountDownLatch::countDown);
  }
}
