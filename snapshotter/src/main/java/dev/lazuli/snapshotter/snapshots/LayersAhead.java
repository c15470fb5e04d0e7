package dev.lazuli.snapshotter.snapshots;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mounts the layers of an image before a client asks for them, or pulls those that have no index:
 * clients ask for one after the other, but name those to come. A layer mounted ahead is kept until
 * it was asked for, or for two minutes after the client has asked for any of its image. A failure
 * does not matter: the client's own request succeeds or fails on its own. Safe for use by several
 * threads.
 *
 * <p>Once a client was told to unpack a layer itself, it fetches all layers above by itself, too.
 * So none of these is pulled here then.
 */
final class LayersAhead implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LayersAhead.class);
  private static final Duration KEPT = Duration.ofMinutes(2);
  private static final int AT_ONCE = 16;

  /** Longer than the rest of a pull takes; a client that tries again is helped all the same. */
  private static final Duration GIVEN_UP = Duration.ofMinutes(10);

  private static final int MOST_GIVEN_UP = 1000;
  private static final Duration LONGEST_END = Duration.ofSeconds(5);

  private final RemoteLayers layers;
  private final Semaphore permits = new Semaphore(AT_ONCE);
  private final Map<Digest, UpperLayer> under = new ConcurrentHashMap<>();
  private final Map<String, Integer> asking = new ConcurrentHashMap<>();
  private final Cache<String, Boolean> givenUp =
      Caffeine.newBuilder().maximumSize(MOST_GIVEN_UP).expireAfterWrite(GIVEN_UP).build();

  /** Layers that could not be pulled ahead: only their clients try again. */
  private final Cache<Digest, Boolean> failed =
      Caffeine.newBuilder().maximumSize(MOST_GIVEN_UP).expireAfterWrite(GIVEN_UP).build();

  private volatile boolean closed;

  /** A layer that is being mounted ahead, or is kept. */
  private final class UpperLayer {
    final LayerRequest request;
    final CountDownLatch release = new CountDownLatch(1);
    final Thread thread;
    volatile boolean isPull;

    UpperLayer(LayerRequest request) {
      this.request = request;
      this.thread =
          Thread.ofVirtual().name("ahead-" + request.digest()).unstarted(() -> keep(this));
    }
  }

  /** A client's request for one layer, while it goes on. */
  @FunctionalInterface
  interface Asking extends AutoCloseable {
    @Override
    void close();
  }

  LayersAhead(RemoteLayers layers) {
    this.layers = layers;
  }

  /**
   * Starts to mount what will be asked for after {@code request}.
   *
   * @return to be closed when somebody else holds this layer, or gave it up
   */
  Asking mountAbove(LayerRequest request) {
    var reference = request.reference();
    asking.merge(reference, 1, Integer::sum);
    for (var above : request.above()) {
      var ahead = new UpperLayer(above);
      if (!closed && under.putIfAbsent(above.digest(), ahead) == null && !isStarted(ahead)) {
        break;
      }
    }
    return () -> {
      asking.computeIfPresent(reference, (_, count) -> count == 1 ? null : count - 1);
      release(request.digest());
    };
  }

  /** Without a thread to spare, the client's own requests mount the layers. */
  private boolean isStarted(UpperLayer ahead) {
    try {
      ahead.thread.start();
      return true;
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      under.remove(ahead.request.digest(), ahead);
      log.debug("layer {} is not mounted ahead: {}", ahead.request.digest(), e.toString());
      return false;
    }
  }

  private void release(Digest digest) {
    var ahead = under.get(digest);
    if (ahead != null) {
      ahead.release.countDown();
    }
  }

  /**
   * Returns normally if a layer without an index may be pulled here. It was mounted ahead if its
   * blob has an index that the client does not vouch for: then it is given up first.
   *
   * @param reason why it was not mounted
   * @throws NoIndexException if the client fetches the image by itself already
   */
  void requirePull(LayerRequest request, NoIndexException reason) throws NoIndexException {
    if (givenUp.getIfPresent(request.reference()) != null) {
      throw reason;
    }
    var ahead = under.get(request.digest());
    if (ahead != null && !ahead.isPull) {
      end(ahead);
      awaitEnd(ahead);
    }
  }

  private static void awaitEnd(UpperLayer ahead) {
    try {
      var _ = ahead.thread.join(LONGEST_END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says that a client starts on an image again: earlier results may no longer hold. */
  void begin(LayerRequest request) {
    givenUp.invalidate(request.reference());
    failed.invalidate(request.digest());
    request.above().forEach(above -> failed.invalidate(above.digest()));
  }

  /** Says that the client unpacks this layer itself. */
  void giveUp(LayerRequest request) {
    givenUp.put(request.reference(), true);
    for (var above : request.above()) {
      var ahead = under.get(above.digest());
      if (ahead != null && ahead.isPull && ahead.request.reference().equals(request.reference())) {
        end(ahead);
      }
    }
  }

  private static void end(UpperLayer ahead) {
    ahead.release.countDown();
    ahead.thread.interrupt();
  }

  private void keep(UpperLayer ahead) {
    var request = ahead.request;
    try {
      permits.acquire();
      try (var _ = mountOrPull(ahead)) {
        boolean isWanted = true;
        while (isWanted && !ahead.release.await(KEPT.toSeconds(), TimeUnit.SECONDS)) {
          isWanted = asking.containsKey(request.reference());
        }
      }
    } catch (IOException e) {
      log.debug("layer {} was not mounted ahead: {}", request.digest(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      under.remove(request.digest(), ahead);
    }
  }

  private RemoteLayer mountOrPull(UpperLayer ahead) throws IOException, InterruptedException {
    var request = ahead.request;
    try {
      return mount(request);
    } catch (NoIndexException e) {
      ahead.isPull = true;
      requirePull(request, e);
      return pull(request, e);
    }
  }

  /** A pull that failed has cost a whole download, so it is not begun again for each layer. */
  private RemoteLayer pull(LayerRequest request, NoIndexException reason)
      throws IOException, InterruptedException {
    if (failed.getIfPresent(request.digest()) != null) {
      throw reason;
    }
    try {
      return layers.pull(request, /* isAwaited= */ false);
    } catch (IOException e) {
      failed.put(request.digest(), true);
      throw e;
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
    under.values().forEach(LayersAhead::end);
  }
}
