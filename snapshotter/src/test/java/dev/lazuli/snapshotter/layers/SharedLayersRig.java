package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.snapshotter.bulk.BulkOptions;
import dev.lazuli.snapshotter.bulk.BulkPulls;
import dev.lazuli.snapshotter.bulk.PullReports;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.knowledge.IndexAssembly;
import dev.lazuli.snapshotter.knowledge.IndexSources;
import dev.lazuli.snapshotter.knowledge.KeptIndexes;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.layers.index.MetadataImage;
import dev.lazuli.snapshotter.layers.serve.ServedLayers;
import dev.lazuli.snapshotter.proof.Courtesy;
import dev.lazuli.snapshotter.proof.ProofOptions;
import dev.lazuli.snapshotter.proof.Proofs;
import dev.lazuli.snapshotter.start.FollowedStarts;
import dev.lazuli.snapshotter.waterfall.StartRecord;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Layers over real files and a store, with registries whose answers tests decide. */
abstract class SharedLayersRig {
  static final String APP = "registry.test/app:1";

  static final String OTHER = "other.test/app:1";

  @TempDir Path directory;

  final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  /** What each repository's registry has under the layer's digest. */
  final Map<String, Path> blobs = new HashMap<>();

  /** What registries of these repositories wait for before they answer. */
  final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

  /** Repositories whose registries answer no new question. */
  final Set<String> lost = ConcurrentHashMap.newKeySet();

  final CountDownLatch held = new CountDownLatch(1);

  volatile @Nullable CountDownLatch deletes;

  LayerStore store;

  FetchScheduler scheduler;

  Layers layers;

  OciLayout layout;

  BlobDescriptor layer;

  int left = Integer.MAX_VALUE;

  int asked;

  boolean allowUnverified;

  boolean lazyExisted;

  boolean localFails;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // Closed after each test.
  void open() throws IOException {
    layout = OciLayout.at(directory.resolve("layout"));
    layer = build("genuine");
    blobs.put(APP, layout.blob(layer.digest()));
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults().withDisk(disk()));
    scheduler = new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE);
    layers = newLayers();
  }

  BlobDescriptor build(String content) throws IOException {
    var tree = new ImageTree().file("file", content);
    return layout.addLazyLayer(tree, BuildOptions.ESTARGZ).descriptor();
  }

  Layers newLayers() {
    return new Layers(newParts());
  }

  LayerParts newParts() {
    return newParts(false);
  }

  LayerParts newParts(boolean isBulk) {
    var bulk = BulkOptions.DEFAULT.withEnabled(isBulk);
    var indexer = new LayerIndexer(store, IndexOptions.DEFAULT);
    return new LayerParts(
        store,
        (reference, digest, size) -> new Blob(reference),
        indexer,
        scheduler,
        new ServedLayers(),
        new LayerActivity(),
        new StartRecord(0),
        new FollowedStarts(),
        new Proofs(
            ProofOptions.OFF,
            new Proofs.Manners(
                Limits.DEFAULT,
                new Courtesy(),
                FetchListener.NONE,
                _ -> 0,
                1,
                Duration.ofSeconds(1),
                InstantSource.system()),
            timer),
        new Findings(),
        new UnmountedTrees(directory, this::count, lazyExisted),
        new UnmountedTrees(directory, this::countLocal, false),
        timer,
        new BulkPulls(
            bulk,
            store,
            Limits.DEFAULT,
            MetadataImage::write,
            InstantSource.system(),
            new PullReports(FetchListener.NONE, _ -> {})),
        new KeptIndexes(directory.resolve("indexes"), 0, 1, store, InstantSource.system()),
        new IndexSources(
            List.of(),
            new IndexAssembly(store, indexer.memory(), MetadataImage::write, indexer.limits()),
            IndexOptions.DEFAULT.timeout()),
        LayersOptions.DEFAULT
            .withBackgroundFetch(false)
            .withBulk(bulk)
            .withAllowUnverified(allowUnverified));
  }

  @AfterEach
  void close() throws IOException {
    layers.close();
    scheduler.close();
    store.close();
    timer.shutdownNow();
  }

  void count() throws IOException {
    if (--left == 0) {
      throw new IOException("not now");
    }
  }

  /** Waits until a gate is open, if there is one. */
  void hold(@Nullable CountDownLatch gate) throws IOException {
    if (gate == null) {
      return;
    }
    held.countDown();
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** A disk that can be slow to delete. */
  Disk disk() {
    InvocationHandler call =
        (_, method, arguments) -> {
          hold(method.getName().equals("delete") ? deletes : null);
          try {
            return method.invoke(Disk.LOCAL, arguments);
          } catch (InvocationTargetException e) {
            throw e.getTargetException();
          }
        };
    return (Disk)
        Proxy.newProxyInstance(Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, call);
  }

  void countLocal() throws IOException {
    if (localFails) {
      throw new IOException("no loop device");
    }
    count();
  }

  final class Blob implements BlobSource {
    private final String reference;

    Blob(String reference) throws IOException {
      count();
      if (lost.contains(reference)) {
        throw new IOException("status 404");
      }
      this.reference = reference;
    }

    private BlobSource file() throws IOException {
      asked++;
      hold(gates.get(reference));
      var file = blobs.get(reference);
      if (file == null) {
        throw new IOException("status 404");
      }
      return new ChannelBlobSource(FileChannel.open(file));
    }

    @Override
    public long size() throws IOException {
      count();
      return file().size();
    }

    @Override
    public BlobStream open(long offset, long length) throws IOException {
      count();
      return file().open(offset, length);
    }
  }

  /** Leaves a layer of APP behind, as a pin does; OTHER's registry says that it has it, too. */
  void leaveStored() throws Exception {
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      assertThat(store.keep(Digest.parse(layer.digest()), true)).isTrue();
    }
    blobs.put(OTHER, layout.blob(build("some other content, as long as you like").digest()));
  }
}
