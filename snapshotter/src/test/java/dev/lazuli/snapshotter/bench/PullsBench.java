package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.CleanUp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Entry point of {@code bench/pulls}. */
@CommandLine.Command(
    name = "bench/pulls",
    mixinStandardHelpOptions = true,
    description =
        "Measure what pulls at the same time cost the daemon in memory: for each number of pulls a"
            + " fresh daemon, and as many images that share no layer. The table holds medians of"
            + " VmHWM.")
final class PullsBench implements Callable<Integer> {
  private static final int LAYERS = 3;
  private static final int FILES = 1_500;
  private static final int DIRECTORIES = 50;
  private static final int SMALL_BYTES = 8_000;
  private static final int LARGE_BYTES = 4 << 20;
  private static final int EVERY_SECOND_BLOCK = 2; // is noise, the others compress well

  @Option(
      names = "--pulls",
      split = ",",
      paramLabel = "N",
      description = "Numbers of pulls at once. Default: 1,2,4,8.")
  private List<Integer> counts = List.of(1, 2, 4, 8);

  @Option(names = "--rounds", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds = 3;

  @Option(
      names = "--link",
      paramLabel = "MS,MBIT",
      description = "Round trip and bandwidth, or none. Default: ${DEFAULT-VALUE}.")
  private String link = "20,200";

  @Option(
      names = "--quiet",
      paramLabel = "SECONDS",
      description = "After how long without a byte everything is here. Default: ${DEFAULT-VALUE}.")
  private double quiet = 3;

  @Mixin private BedOptions bedOptions = new BedOptions();

  /**
   * What one daemon took, in megabytes.
   *
   * @param ready highest by the time it served
   * @param pulled highest by the time all images were pulled
   * @param whole highest by the time all of their bytes were here
   */
  private record Peaks(double ready, double pulled, double whole) {}

  public static void main(String[] arguments) throws IOException {
    BenchMain.run(new PullsBench(), arguments);
  }

  @Override
  public Integer call() throws Exception {
    try (var cleanUp = new CleanUp()) {
      var images = images(cleanUp.directory("lzp"));
      System.out.println(
          "| pulls at once | ready MB | highest, all pulled MB | more for each further pull |"
              + " highest, all here MB | more for each further pull |");
      System.out.println("| ---: | ---: | ---: | ---: | ---: | ---: |");
      @Nullable Peaks first = null;
      for (int count : counts) {
        var all = new ArrayList<Peaks>();
        for (int round = 0; round < rounds; round++) {
          all.add(once(images, count));
        }
        var median = median(all);
        first = first == null ? median : first;
        System.out.println(row(count, median, first));
      }
    }
    return 0;
  }

  /** Builds as many images as are ever pulled at once: many small files and a large one each. */
  private List<OciLayout> images(Path directory) throws IOException {
    int most = counts.stream().mapToInt(Integer::intValue).max().orElseThrow();
    var images = new ArrayList<OciLayout>();
    for (int i = 0; i < most; i++) {
      var layout = OciLayout.at(directory.resolve("image" + i));
      var image = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
      for (int layer = 0; layer < LAYERS; layer++) {
        image.layer(tree(new Random(100L * i + layer)));
      }
      var _ = image.build("1");
      images.add(layout);
    }
    return images;
  }

  private static ImageTree tree(Random random) {
    var tree = new ImageTree();
    for (int directory = 0; directory < DIRECTORIES; directory++) {
      tree.directory("d" + directory);
    }
    for (int file = 0; file < FILES; file++) {
      tree.file(
          "d%d/f%d".formatted(file % DIRECTORIES, file),
          content(random, 1 + random.nextInt(SMALL_BYTES)));
    }
    return tree.file("large", content(random, LARGE_BYTES));
  }

  private static GeneratedContent content(Random random, int bytes) {
    return new GeneratedContent(bytes, random.nextInt(1 << 30), EVERY_SECOND_BLOCK);
  }

  private Peaks once(List<OciLayout> images, int count) throws Exception {
    try (var bed = bedOptions.start()) {
      for (int i = 0; i < count; i++) {
        bed.registry().serve("image" + i, images.get(i));
      }
      bed.registry().setLink(Bed.link(link));
      var daemon = new ProcessFigures(bed.daemonPid());
      double ready = daemon.peakMegabytes();
      pullAtOnce(bed, count);
      double pulled = daemon.peakMegabytes();
      var _ = bed.awaitQuiet(System.nanoTime(), Duration.ofMillis((long) (quiet * 1000)));
      return new Peaks(ready, pulled, daemon.peakMegabytes());
    }
  }

  private void pullAtOnce(Bed bed, int count) throws IOException, InterruptedException {
    var way = BenchWay.parse("lazuli:lazuli");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var pulls = new ArrayList<Future<?>>();
      for (int i = 0; i < count; i++) {
        var image = bed.registry().reference("image" + i, "1");
        pulls.add(
            threads.submit(
                () -> way.pull(bedOptions.launcher(), bed.containerdSocket(), image, true)));
      }
      for (var pull : pulls) {
        pull.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a pull failed: " + e.getCause(), e);
    }
  }

  private static Peaks median(List<Peaks> all) {
    return new Peaks(
        Round.median(all, Peaks::ready),
        Round.median(all, Peaks::pulled),
        Round.median(all, Peaks::whole));
  }

  private static String row(int count, Peaks peaks, Peaks one) {
    return String.format(
        Locale.ROOT,
        "| %d | %.1f | %.1f | %s | %.1f | %s |",
        count,
        peaks.ready(),
        peaks.pulled(),
        more(count, peaks.pulled() - one.pulled()),
        peaks.whole(),
        more(count, peaks.whole() - one.whole()));
  }

  private static String more(int count, double megabytes) {
    return count == 1 ? "" : String.format(Locale.ROOT, "%.2f", megabytes / (count - 1));
  }
}
