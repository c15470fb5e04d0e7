package dev.lazuli.snapshotter.layers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
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
import dev.lazuli.snapshotter.start.HeadStart;
import dev.lazuli.snapshotter.start.ImageStart;
import dev.lazuli.snapshotter.start.StartLayer;
import dev.lazuli.snapshotter.start.StartLimits;
import dev.lazuli.snapshotter.start.TinyElf;
import dev.lazuli.testimages.images.FileContent;
import dev.lazuli.testimages.images.ImageTree;
import dev.lazuli.testimages.images.OciLayout;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Head starts over real layers: what is present afterwards was fetched by nobody else. */
@Timeout(120)
final class HeadStartTest {
  /** Between two files that must not come along with each other. */
  private static final long FAR = 600_000;

  private record Opened(LayerData data, ErofsImage image, LayerFetch fetch) {}

  @TempDir private Path directory;
  private OciLayout layout;
  private LayerStore store;
  private FetchScheduler scheduler;
  private final List<Opened> layers = new ArrayList<>();
  private int fillers;
  private final ExecutorService steps = Executors.newSingleThreadExecutor();

  @BeforeEach
  void open() throws IOException {
    layout = OciLayout.at(directory.resolve("layout"));
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
    scheduler = new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE);
  }

  @AfterEach
  void close() throws IOException {
    layers.forEach(HeadStartTest::close);
    scheduler.close();
    store.close();
    steps.shutdownNow();
  }

  /** Puts a layer on top of those before. */
  private void layer(ImageTree tree) throws IOException, InterruptedException {
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
  private ImageTree far(ImageTree tree, String directory) {
    return tree.file(directory + "/filler" + fillers++, FileContent.generated(FAR, 1000 + fillers));
  }

  private HeadStart.Walked run(List<String> entrypoint, String... command)
      throws IOException, InterruptedException {
    return run(StartLimits.DEFAULT, entrypoint, command);
  }

  private HeadStart.Walked run(StartLimits limits, List<String> entrypoint, String... command)
      throws IOException, InterruptedException {
    return run(limits, "", entrypoint, command);
  }

  private HeadStart.Walked run(
      StartLimits limits, String libraryPath, List<String> entrypoint, String... command)
      throws IOException, InterruptedException {
    var start =
        ImageStart.of(
            layers.stream().map(layer -> layer.data().record().digest()).toList(),
            entrypoint,
            List.of(command),
            List.of("PATH=/usr/local/bin:/usr/bin", "LD_LIBRARY_PATH=" + libraryPath),
            "/srv");
    var fromTop = new ArrayList<StartLayer>();
    try {
      for (Opened layer : layers.reversed()) {
        fromTop.add(StartLayer.of(layer.data(), layer.fetch()));
      }
      return HeadStart.run(start, fromTop, limits, steps);
    } finally {
      fromTop.forEach(StartLayer::close);
    }
  }

  /** Returns how many bytes of heap the thread that runs the steps has asked for so far. */
  private long allocatedBytes() throws Exception {
    return steps
        .submit(
            () ->
                ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                    .getCurrentThreadAllocatedBytes())
        .get();
  }

  /** Returns whether the file of the lowest layer that has it is present. */
  private boolean isHere(int layer, String path) throws IOException {
    Opened in = layers.get(layer);
    long nid = in.image().rootNid();
    for (String name : path.split("/", -1)) {
      var bytes = MemorySegment.ofArray(name.getBytes(UTF_8));
      nid = in.image().lookup(nid, bytes, 0, (int) bytes.byteSize());
      assertThat(nid).as(path).isNotEqualTo(ErofsImage.ABSENT);
    }
    return in.data().firstMissing(in.image().dataOffset(nid), in.image().size(nid)) < 0;
  }

  private ImageTree libraries() {
    var tree = new ImageTree().directory("etc").file("etc/passwd", "root:x:0:0::/:/bin/sh\n");
    tree.directory("lib64");
    far(tree, "lib64").file("lib64/loader.so", content(new TinyElf()));
    tree.directory("usr").directory("usr/lib").directory("usr/lib/deep");
    far(tree, "usr/lib")
        .file(
            "usr/lib/libfirst.so.1",
            content(new TinyElf().needs("libsecond.so.1").runPath("/none:$ORIGIN/deep")));
    far(tree, "usr/lib/deep").file("usr/lib/deep/libsecond.so.1", content(new TinyElf()));
    far(tree, "usr/lib").file("usr/lib/libunused.so.1", content(new TinyElf()));
    return far(tree, "usr/lib");
  }

  private static FileContent content(TinyElf elf) {
    return FileContent.of(elf.build());
  }

  private static TinyElf program() {
    return new TinyElf().interpreter("/lib64/loader.so").needs("libfirst.so.1");
  }

  @Test
  void program_itsLoader_andAllItsLibraries_areFetched() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("opt").directory("srv").directory("usr");
    far(top.directory("usr/bin"), "opt").file("opt/app", content(program()));
    far(top, "opt").file("opt/data", FileContent.of("input"));
    layer(far(top, "opt").symlink("usr/bin/app", "../../opt/app"));

    run(List.of("app"), "--fast", "../opt/data");

    assertThat(isHere(1, "opt/app")).isTrue();
    assertThat(isHere(1, "opt/data")).isTrue();
    assertThat(isHere(0, "lib64/loader.so")).isTrue();
    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isTrue();
    assertThat(isHere(0, "usr/lib/deep/libsecond.so.1")).isTrue();
    assertThat(isHere(0, "etc/passwd")).isTrue();
    assertThat(isHere(0, "usr/lib/libunused.so.1")).isFalse();
    assertThat(isHere(0, "usr/lib/filler" + (fillers - 5))).isFalse();
  }

  @Test
  void upperLayers_hideLowerOnes() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("usr").directory("usr/lib").directory("usr/bin");
    top.whiteout("usr/lib/deep").file("usr/lib/libfirst.so.1", content(new TinyElf()));
    layer(far(top, "usr").file("usr/bin/app", content(program())));

    run(List.of("/usr/bin/app"));

    assertThat(isHere(1, "usr/bin/app")).isTrue();
    assertThat(isHere(1, "usr/lib/libfirst.so.1")).isTrue();
    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isFalse();
    assertThat(isHere(0, "usr/lib/deep/libsecond.so.1")).isFalse();
  }

  @Test
  void opaqueDirectory_hidesWhatIsBelow() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("usr").directory("usr/lib").opaque("usr/lib");
    top.directory("usr/bin");
    layer(far(top, "usr").file("usr/bin/app", content(program())));

    run(List.of("app"));

    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isFalse();
    assertThat(isHere(0, "lib64/loader.so")).isTrue();
  }

  @Test
  void script_leadsToItsInterpreter() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("usr").directory("usr/bin").directory("srv");
    far(top, "usr").file("usr/bin/env", content(new TinyElf()));
    far(top, "usr").file("usr/bin/shell", content(program()));
    far(top, "usr").file("usr/bin/served", content(new TinyElf()));
    layer(far(top, "srv").file("srv/start.sh", "#!/usr/bin/env shell\nexec \"$@\"\n"));

    run(List.of("./start.sh"), "served");

    assertThat(isHere(1, "srv/start.sh")).isTrue();
    assertThat(isHere(1, "usr/bin/env")).isTrue();
    assertThat(isHere(1, "usr/bin/shell")).isTrue();
    assertThat(isHere(1, "usr/bin/served")).isTrue();
    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isTrue();
  }

  @Test
  void knownRuntime_bringsItsLibrary() throws Exception {
    layer(libraries());
    var top = new ImageTree().directory("usr").directory("usr/bin").directory("usr/lib");
    far(top, "usr/bin").file("usr/bin/python3.11", content(program()));
    top.directory("usr/lib/python3.11").directory("usr/lib/python3.11/encodings");
    far(top, "usr/lib").file("usr/lib/python3.11/encodings/__init__.py", "import sys\n");
    far(top, "usr/lib").file("usr/lib/python3.11/zipfile.py", "import io\n");
    layer(far(top, "usr/lib").symlink("usr/bin/python3", "python3.11"));

    run(List.of(), "python3");

    assertThat(isHere(1, "usr/bin/python3.11")).isTrue();
    assertThat(isHere(1, "usr/lib/python3.11/encodings/__init__.py")).isTrue();
    assertThat(isHere(1, "usr/lib/python3.11/zipfile.py")).isTrue();
  }

  @Test
  void budget_isNotExceeded_butWhatFitsIsFetched() throws Exception {
    var tree = new ImageTree().directory("etc").directory("usr").directory("usr/bin");
    tree.file("etc/passwd", "root:x:0:0::/:/bin/sh\n");
    far(tree, "usr").file("usr/bin/app", FileContent.generated(2_000_000, 1));
    layer(far(tree, "usr"));

    int files = run(StartLimits.DEFAULT.withBlobBytes(100_000), List.of("app")).files();

    assertThat(isHere(0, "usr/bin/app")).isFalse();
    assertThat(isHere(0, "etc/passwd")).isTrue();
    assertThat(files).isEqualTo(2);
  }

  @Test
  void headersThatLie_leadNowhere() throws Exception {
    for (long lie : new long[] {1, 200, 1L << 40, Long.MAX_VALUE / 2, -1_000}) {
      layers.clear();
      var tree = libraries().directory("usr/bin").directory("usr/bin/lie" + Math.abs(lie));
      tree.file("usr/bin/app", content(program().lyingBy(lie)));
      layer(tree);

      run(List.of("app"));

      assertThat(isHere(0, "usr/bin/app")).isTrue();
      assertThat(isHere(0, "etc/passwd")).isTrue();
      close(layers.getFirst());
    }
    layers.clear();
  }

  private static void close(Opened layer) {
    layer.fetch().close();
    layer.image().close();
    layer.data().close();
  }

  @Test
  void linksInACircle_leadNowhere() throws Exception {
    var tree = new ImageTree().directory("usr").directory("usr/bin");
    layer(tree.symlink("usr/bin/app", "/usr/bin/again").symlink("usr/bin/again", "app"));

    assertThat(run(List.of("app"), "..", "/", "", "/usr/bin").files()).isZero();
  }

  @Test
  void imageWithoutAnything_isNoError() throws Exception {
    layer(new ImageTree().file("a", "a"));

    assertThat(run(List.of()).files()).isZero();
    assertThat(run(List.of("", "x"), "").files()).isZero();
    assertThat(layers.getFirst().data().presentCount()).isZero();
  }

  @Test
  void thousandRunPaths_thatGrowByTheirOrigin_takeLittleHeap() throws Exception {
    var elf = new TinyElf().interpreter("/lib64/loader.so").needs("libfirst.so.1");
    for (int i = 0; i < 1_021; i++) {
      elf.runPath("/$ORIGIN".repeat(127));
    }
    var tree = libraries().directory("deep");
    var directory = new StringBuilder("deep");
    for (int depth = 0; depth < 9; depth++) {
      directory.append('/').append("d".repeat(220));
      tree.directory(directory.toString());
    }
    layer(tree.file(directory + "/app", content(elf)));
    long before = allocatedBytes();

    var walked = run(List.of("/" + directory + "/app"));

    assertThat(allocatedBytes() - before).isLessThan(8 << 20);
    assertThat(walked.lookUps()).isLessThan(2_000);
    assertThat(isHere(0, "lib64/loader.so")).isTrue();
    assertThat(isHere(0, "usr/lib/libfirst.so.1")).isTrue();
  }

  @Test
  void librariesTimesDirectories_areLookedUpNoMoreThanTheLimit() throws Exception {
    var names = IntStream.range(0, 255).mapToObj(i -> "lib" + i + ".so").toArray(String[]::new);
    var tree = libraries().directory("d").directory("usr/bin");
    for (int i = 0; i < 200; i++) {
      tree.file("usr/bin/app" + i, content(new TinyElf().needs(names).runPath("/d:/d:/d:/d")));
    }
    layer(tree);
    var words = IntStream.range(1, 200).mapToObj(i -> "/usr/bin/app" + i).toArray(String[]::new);
    long before = allocatedBytes();

    var walked = run(StartLimits.DEFAULT, "/d:".repeat(20_000), List.of("/usr/bin/app0"), words);

    assertThat(walked.lookUps()).isLessThanOrEqualTo(StartLimits.DEFAULT.lookUps());
    assertThat(allocatedBytes() - before).isLessThan(600L << 20);
    assertThat(isHere(0, "usr/bin/app0")).isTrue();
  }

  @Test
  void lookUps_thatAreUsedUp_endTheWalk() throws Exception {
    layer(libraries().directory("usr/bin").file("usr/bin/app", content(program())));
    var few = StartLimits.DEFAULT;

    var whole = run(few, List.of("app"));

    assertThat(whole.lookUps()).isBetween(40L, 400L);
    assertThat(run(withLookUps(10), List.of("app")).lookUps()).isEqualTo(10);
    assertThat(run(withLookUps(0), List.of("app"))).isEqualTo(new HeadStart.Walked(0, 0));
  }

  private static StartLimits withLookUps(long lookUps) {
    var d = StartLimits.DEFAULT;
    return new StartLimits(
        d.blobBytes(),
        d.time(),
        d.layers(),
        d.files(),
        lookUps,
        d.textBytes(),
        d.pathBytes(),
        d.words(),
        d.directories(),
        d.searchedBytes(),
        d.needed(),
        d.libraries(),
        d.dataBytes());
  }
}
