package dev.lazuli.snapshotter.layers;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.RegistryRig;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.HurriedScheduler;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One layer, pulled while something misbehaves: first its index, then its content in one of the
 * ways in which content is fetched. Whatever comes of it, what is in the cache is right, and an
 * error names its object.
 */
final class FaultedPull {
  /** Who wants the content. */
  enum Want {
    READER,
    PREFETCH,
    BACKGROUND
  }

  /**
   * What nobody waits for is tried again without end, and after so many attempts for the same chunk
   * not for minutes.
   */
  private static final int ATTEMPTS_IN_VAIN = 3;

  private final RegistryRig rig;
  private final ImageReference reference;
  private final BlobDescriptor layer;
  private final Want want;
  private final Duration deadline;

  /** How often a range has failed, by the first chunk that was missing then. */
  private final Map<Integer, Integer> failures = new ConcurrentHashMap<>();

  private volatile @Nullable LayerData pulled;

  /**
   * @param deadline how long a reader waits
   */
  FaultedPull(
      RegistryRig rig,
      ImageReference reference,
      BlobDescriptor layer,
      Want want,
      Duration deadline) {
    this.rig = rig;
    this.reference = reference;
    this.layer = layer;
    this.want = want;
    this.deadline = deadline;
  }

  /**
   * Pulls into a new store in {@code directory}.
   *
   * @param indexed called between index and content
   * @return whether all of it came
   */
  boolean run(Path directory, Runnable indexed) throws Exception {
    var listener =
        new FetchListener() {
          @Override
          public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
            LayerData data = requireNonNull(pulled);
            failures.merge(data.nextMissing(0, data.chunks().count()), 1, Integer::sum);
          }
        };
    var options = FetchOptions.DEFAULT.withReadDeadline(deadline);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var scheduler = HurriedScheduler.start(options, Limits.DEFAULT, listener);
        var data = index(new LayerIndexer(store, IndexOptions.DEFAULT))) {
      pulled = data;
      indexed.run();
      var blob = rig.client.blob(reference, Digest.parse(layer.digest()), layer.size());
      var fetch = scheduler.attach(data, blob, Compression.GZIP);
      boolean whole = fetch(data, fetch);
      assertEveryPresentChunkIsRight(data);
      fetch.close();
      assertThat(scheduler.openStreams()).isZero();
      return whole;
    } catch (IOException e) {
      assertThat(e).hasMessageContaining(reference.registry());
      return false;
    }
  }

  private LayerData index(LayerIndexer indexer) throws IOException, InterruptedException {
    var manifest = rig.client.manifest(reference);
    assertThat(manifest.descriptor().size()).isPositive();
    var toc = Digest.parseSha256(requireNonNull(layer.annotations().get(Annotations.TOC_DIGEST)));
    var blob = rig.client.blob(reference, Digest.parse(layer.digest()), -1);
    var trust = new TocTrust.Json(toc);
    try (var indexed =
        indexer.index(Digest.parse(layer.digest()), reference.toString(), blob, trust)) {
      return indexed.take();
    }
  }

  private boolean fetch(LayerData data, LayerFetch fetch) throws Exception {
    int count = data.chunks().count();
    CompletableFuture<Void> done =
        switch (want) {
          case READER -> fetch.demand(0, count);
          case PREFETCH -> fetch.prefetch(0, layer.size());
          case BACKGROUND -> {
            fetch.background();
            yield fetch.completed();
          }
        };
    if (!ends(done)) {
      return false;
    }
    try {
      done.get(0, TimeUnit.SECONDS);
      assertThat(data.nextMissing(0, count)).isNegative();
      return true;
    } catch (ExecutionException e) {
      assertThat(e).hasMessageContaining(layer.digest());
      return false;
    }
  }

  /** Waits; returns false where nobody waits for the content, and it does not come. */
  private boolean ends(CompletableFuture<Void> done) throws Exception {
    long end = System.nanoTime() + RegistryRig.PATIENCE.multipliedBy(2).toNanos();
    while (System.nanoTime() - end < 0) {
      try {
        done.get(5, TimeUnit.MILLISECONDS);
        return true;
      } catch (ExecutionException e) {
        return true;
      } catch (TimeoutException e) {
        if (want != Want.READER && isInVain()) {
          return false;
        }
      }
    }
    return fail("neither bytes nor an error");
  }

  private boolean isInVain() {
    return failures.values().stream().anyMatch(times -> times >= ATTEMPTS_IN_VAIN);
  }

  private static void assertEveryPresentChunkIsRight(LayerData data) throws Exception {
    var chunks = data.chunks();
    var sha256 = MessageDigest.getInstance("SHA-256");
    for (int chunk = 0; chunk < chunks.count(); chunk++) {
      if (data.isPresent(chunk)) {
        var bytes = ByteBuffer.allocate((int) chunks.size(chunk));
        data.read(chunks.dataOffset(chunk), bytes);
        byte[] expected = new byte[Digest.SHA256_BYTES];
        chunks.digest(chunk, expected);
        assertThat(sha256.digest(bytes.array())).isEqualTo(expected);
      }
    }
  }
}
