package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Entry point of {@code bench/first}. */
@CommandLine.Command(
    name = "bench/first",
    mixinStandardHelpOptions = true,
    description =
        "Measure what the first pull of a fresh daemon takes, and those after it: images of a base"
            + " layer of 6,280 entries and two more layers, which share nothing. Medians.")
final class FirstPullBench implements Callable<Integer> {
  @Option(names = "--pulls", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int pulls = 3;

  @Option(names = "--rounds", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds = 5;

  @Option(
      names = "--rest",
      paramLabel = "MILLIS",
      description = "From when the daemon serves to the first pull. Default: ${DEFAULT-VALUE}.")
  private long rest = 1000;

  @Option(names = "--threads", description = "Also print each pull's threads.")
  private boolean threads;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "Where images are kept for the next time.")
  private Path images = Path.of("snapshotter/target/bench-first");

  @Mixin private BedOptions bedOptions = new BedOptions();

  @Mixin private WayOption by = new WayOption();

  /**
   * One pull.
   *
   * @param seconds until the client said that it was pulled
   * @param cpu processor seconds of the daemon until then
   * @param peak the daemon's highest resident memory so far, in megabytes
   */
  private record Pull(double seconds, double cpu, double peak) {}

  public static void main(String[] arguments) throws IOException {
    BenchMain.run(new FirstPullBench(), arguments);
  }

  @Override
  public Integer call() throws Exception {
    for (int i = 0; i < pulls; i++) {
      if (!Files.exists(images.resolve(i + "/index.json"))) {
        DistributionImage.build(OciLayout.at(images.resolve(Integer.toString(i))), 100 * i);
      }
    }
    var all = new ArrayList<List<Pull>>();
    for (int round = 0; round < rounds; round++) {
      all.add(once());
    }
    System.out.println("| pull | seconds | daemon's CPU ms | highest MB |");
    System.out.println("| ---: | ---: | ---: | ---: |");
    for (int i = 0; i < pulls; i++) {
      int pull = i;
      var same = all.stream().map(round -> round.get(pull)).toList();
      System.out.printf(
          Locale.ROOT,
          "| %d | %.3f | %.0f | %.1f |%n",
          pull + 1,
          Round.median(same, Pull::seconds),
          Round.median(same, Pull::cpu) * 1000,
          Round.median(same, Pull::peak));
    }
    return 0;
  }

  private List<Pull> once() throws IOException {
    var taken = new ArrayList<Pull>();
    // Background work would be counted, too.
    try (var bed = bedOptions.start("fetch.background=false", "proof.enabled=false")) {
      var daemon = new ProcessFigures(bed.daemonPid());
      Bed.pause(rest);
      for (int i = 0; i < pulls; i++) {
        bed.registry().serve("image" + i, OciLayout.at(images.resolve(Integer.toString(i))));
        var image = bed.registry().reference("image" + i, "1");
        double cpu = daemon.cpuSeconds();
        var before = daemon.threadSeconds();
        long began = System.nanoTime();
        by.way().pull(bedOptions.launcher(), bed.containerdSocket(), image, true);
        double seconds = (System.nanoTime() - began) / 1e9;
        taken.add(new Pull(seconds, daemon.cpuSeconds() - cpu, daemon.peakMegabytes()));
        if (threads) {
          System.out.println(i + 1 + ": " + added(before, daemon.threadSeconds()));
        }
        Bed.pause(rest);
      }
    }
    return taken;
  }

  private static String added(Map<String, Double> before, Map<String, Double> after) {
    var words = new ArrayList<String>();
    after.forEach(
        (name, seconds) -> {
          double more = seconds - before.getOrDefault(name, 0.0);
          if (more > 0.005) {
            words.add(String.format(Locale.ROOT, "%s %.0f ms", name, more * 1000));
          }
        });
    return String.join(", ", words);
  }
}
