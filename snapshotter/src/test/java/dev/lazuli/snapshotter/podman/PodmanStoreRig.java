package dev.lazuli.snapshotter.podman;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.fuse.StoreHandler.Request;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.layers.Findings;
import dev.lazuli.snapshotter.layers.LayerEntry;
import dev.lazuli.snapshotter.layers.LayerOrigin;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.layers.index.ListedImage;
import dev.lazuli.snapshotter.layers.index.ListedImage.ListedLayer;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.proof.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store for Podman over layers that tests decide on. */
abstract class PodmanStoreRig {
  static final String TOC = "sha256:" + "1".repeat(64);

  static final Digest DIGEST = Digest.parse("sha256:" + "a".repeat(64));

  static final Digest DIFF_ID = Digest.parse("sha256:" + "b".repeat(64));

  @TempDir Path directory;

  final AtomicLong nanos = new AtomicLong(1);

  final AtomicLong requests = new AtomicLong();

  final Mounts mounts = new Mounts();

  PodmanStore store;

  /** Counts claims; images whose name has "slow" wait until they may go on. */
  static final class Mounts implements RemoteLayers, LayerOrigin {
    final AtomicInteger claims = new AtomicInteger();
    final AtomicInteger restored = new AtomicInteger();
    final CountDownLatch slow = new CountDownLatch(1);
    final List<Findings.Listener> listeners = new ArrayList<>();
    final AtomicInteger changes = new AtomicInteger();
    final ConcurrentMap<String, Boolean> failing = new ConcurrentHashMap<>();

    @Override
    public RemoteLayer mount(LayerRequest request) throws IOException, InterruptedException {
      if (request.reference().contains("slow")) {
        slow.await();
      }
      if (failing.containsKey(request.reference())) {
        throw new IOException("cannot be mounted");
      }
      claims.incrementAndGet();
      return new MountedLayer(request, claims);
    }

    @Override
    public RemoteLayer mountAhead(LayerRequest request) {
      throw new AssertionError();
    }

    @Override
    public RemoteLayer restore(LayerRequest request) throws IOException, InterruptedException {
      restored.incrementAndGet();
      return mount(request);
    }

    @Override
    public RemoteLayer pull(LayerRequest request, boolean isAwaited) {
      throw new AssertionError();
    }

    @Override
    public List<Digest> listed(LayerRequest request) {
      return List.of();
    }

    @Override
    public void onFinding(Findings.Listener listener) {
      listeners.add(listener);
    }

    @Override
    public void usesChanged(Digest digest) {
      changes.incrementAndGet();
    }

    @Override
    public BlobSource blob(String reference, Digest digest, long size) {
      throw new AssertionError();
    }

    @Override
    public Optional<ListedImage> image(String reference) {
      var toc = new TocTrust.Json(Digest.parse(TOC));
      var layer = new ListedLayer(DIGEST, 10, Optional.of(toc), false, DIFF_ID);
      return Optional.of(new ListedImage(DIGEST, List.of(layer)));
    }
  }

  record MountedLayer(LayerRequest request, AtomicInteger claims) implements RemoteLayer {
    @Override
    public Digest digest() {
      return DIGEST;
    }

    @Override
    public Path lowerDir() {
      return Path.of("/mounted");
    }

    @Override
    public LayerEntry.Directory root() {
      throw new AssertionError();
    }

    @Override
    public boolean mayImplyDirectories() {
      return false;
    }

    @Override
    public boolean complete() {
      return false;
    }

    @Override
    public Optional<Finding> finding() {
      return request.reference().contains("lying")
          ? Optional.of(new Finding(Optional.of(DIGEST), Optional.empty()))
          : Optional.empty();
    }

    @Override
    public void confirmed() {}

    @Override
    public boolean isSharedWith(String reference) {
      return false;
    }

    @Override
    public void check() {}

    @Override
    public Usage usage() {
      return Usage.NONE;
    }

    @Override
    public void close() {
      claims.decrementAndGet();
    }
  }

  @BeforeEach
  void open() throws IOException {
    store =
        new PodmanStore(
            mounts,
            new StoreImages(mounts, nanos::get),
            StoreUses.open(directory.resolve("uses")),
            new BannedLayers(directory.resolve("banned")),
            new Metrics(),
            Duration.ofMinutes(1),
            nanos::get);
  }

  @AfterEach
  void close() {
    mounts.slow.countDown();
    store.close();
  }

  static String image(String name) {
    return new StoreName("localhost/" + name + ":1", DIGEST).directory();
  }

  Request request() {
    return new Request(requests.addAndGet(2), false);
  }

  void find(String name) throws Exception {
    assertThat(store.find(image(name), TOC).get(1, TimeUnit.MINUTES).tree())
        .isEqualTo(Path.of("/mounted"));
  }

  void use(String name) throws Exception {
    store.use(image(name), TOC, request()).get(1, TimeUnit.MINUTES);
  }

  void release(String name) throws Exception {
    store.release(image(name), TOC, request()).get(1, TimeUnit.MINUTES);
  }
}
