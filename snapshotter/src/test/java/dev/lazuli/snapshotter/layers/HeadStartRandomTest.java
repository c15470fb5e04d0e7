package dev.lazuli.snapshotter.layers;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.ErofsImage;
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
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.start.FetchPace;
import dev.lazuli.snapshotter.start.HeadStart;
import dev.lazuli.snapshotter.start.ImageStart;
import dev.lazuli.snapshotter.start.StartLayer;
import dev.lazuli.snapshotter.start.StartLimits;
import dev.lazuli.snapshotter.start.TinyElf;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Head starts over random images of a stranger's: programs that name too much or lie, scripts that
 * run each other, links in circles, search paths without end. {@code lazuli.start.runs} images
 * (default 15) from {@code lazuli.start.seed} on.
 */
@Timeout(600)
final class HeadStartRandomTest {
  private static final int RUNS = Integer.getInteger("lazuli.start.runs", 15);
  private static final long SEED = Long.getLong("lazuli.start.seed", System.nanoTime());
  private static final StartLimits LIMITS = StartLimits.DEFAULT;
  private static final long MOST_BYTES = 600L << 20;

  /** Of the processor: half a million look-ups in code that is not compiled yet. */
  private static final Duration MOST_TIME = Duration.ofSeconds(10);

  private static final List<String> DIRECTORIES =
      List.of("bin", "lib", "usr", "usr/bin", "usr/lib", "d", "d/d", "d/d/d");

  @TempDir Path directory;

  @Test
  void whateverAnImageHolds_itsHeadStartKeepsItsLimits() throws Exception {
    System.out.println("head start: seed " + SEED + ", " + RUNS + " runs");
    try (var steps = Executors.newSingleThreadExecutor()) {
      for (long seed = SEED; seed < SEED + RUNS; seed++) {
        var costs = before(steps);
        var walked = new Run(new Random(seed), directory.resolve("run" + seed)).play(steps);
        var after = before(steps);

        assertThat(walked.lookUps()).as("seed %d", seed).isLessThanOrEqualTo(LIMITS.lookUps());
        assertThat(walked.files()).as("seed %d", seed).isLessThanOrEqualTo(LIMITS.files());
        assertThat(after.bytes - costs.bytes).as("seed %d", seed).isLessThan(MOST_BYTES);
        assertThat(Duration.ofNanos(after.nanos - costs.nanos))
            .as("seed %d", seed)
            .isLessThan(MOST_TIME);
      }
    }
  }

  private record Costs(long bytes, long nanos) {}

  /** Returns what the thread that runs the steps has taken so far. */
  private static Costs before(ExecutorService steps) throws Exception {
    return steps
        .submit(
            () -> {
              var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
              return new Costs(
                  threads.getCurrentThreadAllocatedBytes(), threads.getCurrentThreadCpuTime());
            })
        .get();
  }

  /** One image. */
  private static final class Run {
    private final Random random;
    private final Path directory;
    private final List<String> paths = new ArrayList<>();

    Run(Random random, Path directory) {
      this.random = random;
      this.directory = directory;
    }

    HeadStart.Walked play(ExecutorService steps) throws Exception {
      var layout = OciLayout.at(directory.resolve("layout"));
      var descriptor = layout.addLazyLayer(tree(), BuildOptions.ESTARGZ).descriptor();
      var digest = Digest.parse(descriptor.digest());
      var toc =
          Digest.parseSha256(requireNonNull(descriptor.annotations().get(Annotations.TOC_DIGEST)));
      try (var store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
          var scheduler =
              new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE);
          var channel = FileChannel.open(layout.blob(descriptor.digest()));
          var indexed =
              new LayerIndexer(store, IndexOptions.DEFAULT)
                  .index(
                      digest,
                      "host/app:1",
                      new ChannelBlobSource(channel),
                      new TocTrust.Json(toc));
          var data = indexed.take();
          var image = ErofsImage.open(data.metaPath());
          var fetch =
              scheduler.attach(
                  data,
                  new ChannelBlobSource(channel),
                  Compression.valueOf(data.record().compression()));
          var layer = StartLayer.of(data, fetch)) {
        assertThat(image.inodeCount()).isPositive();
        try (var head =
            HeadStart.of(start(digest), List.of(layer), LIMITS, new FetchPace(), steps)) {
          return head.walk();
        }
      }
    }

    private ImageTree tree() {
      var tree = new ImageTree();
      DIRECTORIES.forEach(tree::directory);
      int files = 20 + random.nextInt(200);
      for (int i = 0; i < files; i++) {
        var path = DIRECTORIES.get(random.nextInt(DIRECTORIES.size())) + "/f" + i;
        switch (random.nextInt(4)) {
          case 0 -> tree.symlink(path, target());
          case 1 -> tree.file(path, "#!" + target() + " " + target() + "\nexit\n");
          default -> tree.file(path, FileContent.of(elf(files)));
        }
        paths.add(path);
      }
      return tree;
    }

    private String target() {
      return switch (random.nextInt(6)) {
        case 0 -> "f" + random.nextInt(200);
        case 1 -> "../".repeat(random.nextInt(900)) + "bin/f" + random.nextInt(200);
        case 2 -> "/d/".repeat(1 + random.nextInt(300));
        case 3 -> "/usr/bin/env";
        default -> paths.isEmpty() ? "/" : "/" + paths.get(random.nextInt(paths.size()));
      };
    }

    private byte[] elf(int files) {
      var elf = new TinyElf();
      int needed = random.nextInt(20) == 0 ? 1000 : random.nextInt(20);
      for (int i = 0; i < needed; i++) {
        elf.needs("f" + random.nextInt(files * 2));
      }
      int searched = random.nextInt(10) == 0 ? 200 : random.nextInt(4);
      for (int i = 0; i < searched; i++) {
        elf.runPath(target() + ":/$ORIGIN".repeat(random.nextInt(100)));
      }
      if (random.nextBoolean()) {
        elf.interpreter(target());
      }
      return elf.lyingBy(random.nextInt(5) == 0 ? random.nextLong() : 0).build();
    }

    private ImageStart start(Digest digest) {
      int words = random.nextInt(200);
      var command = Stream.generate(this::target).limit(words).toList();
      var search =
          String.join(
              ":",
              IntStream.range(0, random.nextInt(5000)).mapToObj(_ -> target()).limit(500).toList());
      return ImageStart.of(
          List.of(digest),
          List.of(paths.get(random.nextInt(paths.size()))),
          command,
          List.of("PATH=" + search, "LD_LIBRARY_PATH=" + search),
          "/" + target());
    }
  }
}
