package dev.lazuli.snapshotter.layers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.start.FetchPace;
import dev.lazuli.snapshotter.start.HeadStart;
import dev.lazuli.snapshotter.start.ImageStart;
import dev.lazuli.snapshotter.start.StartLayer;
import dev.lazuli.snapshotter.start.StartLimits;
import dev.lazuli.snapshotter.start.TinyElf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real layers over which head starts run: what is present afterwards was fetched by nobody else.
 */
@Timeout(120)
abstract class HeadStartRig {
  /** Between two files that must not come along with each other. */
  static final long FAR = 600_000;

  record Opened(LayerData data, ErofsImage image, LayerFetch fetch) {}

  @TempDir Path directory;
  OciLayout layout;
  LayerStore store;
  FetchScheduler scheduler;
  final List<Opened> layers = new ArrayList<>();
  int fillers;
  final ExecutorService steps = Executors.newSingleThreadExecutor();

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // Closed after each test.
  void open() throws IOException {
    layout = OciLayout.at(directory.resolve("layout"));
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
    scheduler = new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE);
  }

  @AfterEach
  void close() throws IOException {
    layers.forEach(HeadStartRig::close);
    scheduler.close();
    store.close();
    steps.shutdownNow();
  }

  /** Puts a layer on top of those before. */
  void layer(ImageTree tree) throws IOException, InterruptedException {
    var descriptor = layout.addLazyLayer(tree, BuildOptions.ESTARGZ).descriptor();
    var toc =
        Digest.parseSha256(requireNonNull(descriptor.annotations().get(Annotations.TOC_DIGEST)));
    var blob = new ChannelBlobSource(FileChannel.open(layout.blob(descriptor.digest())));
    var indexer = new LayerIndexer(store, IndexOptions.DEFAULT);
    LayerData data;
    try (var indexed =
        indexer.index(
            Digest.parse(descriptor.digest()),
            "registry.test/app:1",
            blob,
            new TocTrust.Json(toc))) {
      data = indexed.take();
    }
    var fetch = scheduler.attach(data, blob, Compression.valueOf(data.record().compression()));
    layers.add(new Opened(data, ErofsImage.open(data.metaPath()), fetch));
  }

  /** Adds a file that nothing needs, large enough to keep its neighbours apart. */
  ImageTree far(ImageTree tree, String directory) {
    return tree.file(directory + "/filler" + fillers++, FileContent.generated(FAR, 1000 + fillers));
  }

  HeadStart.Walked run(List<String> entrypoint, String... command)
      throws IOException, InterruptedException {
    return run(StartLimits.DEFAULT, entrypoint, command);
  }

  HeadStart.Walked run(StartLimits limits, List<String> entrypoint, String... command)
      throws IOException, InterruptedException {
    return run(limits, "", entrypoint, command);
  }

  HeadStart.Walked run(
      StartLimits limits, String libraryPath, List<String> entrypoint, String... command)
      throws IOException, InterruptedException {
    var fromTop = new ArrayList<StartLayer>();
    try {
      openFromTop(fromTop);
      var start = start(libraryPath, entrypoint, command);
      try (var head = HeadStart.of(start, fromTop, limits, new FetchPace(), steps)) {
        return head.walk();
      }
    } finally {
      fromTop.forEach(StartLayer::close);
    }
  }

  /** Opens all layers for a head start. */
  void openFromTop(List<StartLayer> fromTop) throws IOException {
    for (Opened layer : layers.reversed()) {
      fromTop.add(StartLayer.of(layer.data(), layer.fetch()));
    }
  }

  ImageStart start(String libraryPath, List<String> entrypoint, String... command) {
    return ImageStart.of(
        layers.stream().map(layer -> layer.data().record().digest()).toList(),
        entrypoint,
        List.of(command),
        List.of("PATH=/usr/local/bin:/usr/bin", "LD_LIBRARY_PATH=" + libraryPath),
        "/srv");
  }

  /** Returns how many bytes of heap the thread that runs the steps has asked for so far. */
  long allocatedBytes() throws Exception {
    return steps
        .submit(
            () ->
                ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                    .getCurrentThreadAllocatedBytes())
        .get();
  }

  /** Returns whether the file of the lowest layer that has it is present. */
  boolean isHere(int layer, String path) throws IOException {
    Opened in = layers.get(layer);
    long nid = inode(in, path);
    return in.data().firstMissing(in.image().dataOffset(nid), in.image().size(nid)) < 0;
  }

  /** Returns where a file begins in its layer's data file. */
  long place(int layer, String path) throws IOException {
    Opened in = layers.get(layer);
    return in.image().dataOffset(inode(in, path));
  }

  private static long inode(Opened in, String path) throws IOException {
    long nid = in.image().rootNid();
    for (String name : path.split("/", -1)) {
      var bytes = MemorySegment.ofArray(name.getBytes(UTF_8));
      nid = in.image().lookup(nid, bytes, 0, (int) bytes.byteSize());
      assertThat(nid).as(path).isNotEqualTo(ErofsImage.ABSENT);
    }
    return nid;
  }

  static void close(Opened layer) {
    layer.fetch().close();
    layer.image().close();
    layer.data().close();
  }

  static FileContent content(TinyElf elf) {
    return FileContent.of(elf.build());
  }
}
