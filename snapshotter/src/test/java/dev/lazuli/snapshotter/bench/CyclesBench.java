package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Entry point of {@code bench/cycles}. */
@CommandLine.Command(
    name = "bench/cycles",
    mixinStandardHelpOptions = true,
    description =
        "Pull an image, wait until it is complete, remove it, and do it again: one daemon's memory"
            + " after each so many cycles. What grows with them is a leak.")
final class CyclesBench implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "N", description = "Cycles. Default: ${DEFAULT-VALUE}.")
  private int cycles = 100;

  @Option(
      names = "--every",
      paramLabel = "N",
      description = "Cycles between two lines. Default: ${DEFAULT-VALUE}.")
  private int every = 10;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "How many different images are pulled in turn. Default: ${DEFAULT-VALUE}.")
  private int images = 3;

  @Option(
      names = "--quiet",
      paramLabel = "MILLIS",
      description = "After how long without a byte an image is here. Default: ${DEFAULT-VALUE}.")
  private long quiet = 300;

  @Option(
      names = "--jcmd",
      paramLabel = "COMMAND",
      description =
          "Also print what jcmd says of the daemon, such as VM.native_memory summary.diff.")
  private List<String> questions = List.of("GC.heap_info");

  @Mixin private BedOptions bedOptions = new BedOptions("fetch.background_delay=100ms");

  @Mixin private WayOption by = new WayOption();

  public static void main(String[] arguments) throws IOException {
    BenchMain.run(new CyclesBench(), arguments);
  }

  @Override
  public Integer call() throws Exception {
    var directory = Path.of("snapshotter/target/bench-cycles");
    try (var bed = bedOptions.start()) {
      for (int i = 0; i < images; i++) {
        var layout = OciLayout.at(directory.resolve(Integer.toString(i)));
        if (layout.images().isEmpty()) {
          DistributionImage.build(layout, 100 * i);
        }
        bed.registry().serve("image" + i, layout);
      }
      System.out.println("| cycles | VmRSS MB | anonymous MB | highest MB | CPU s |");
      System.out.println("| ---: | ---: | ---: | ---: | ---: |");
      for (int cycle = 0; cycle <= cycles; cycle++) {
        if (cycle % every == 0) {
          report(bed, cycle);
        }
        cycle(bed, bed.registry().reference("image" + cycle % images, "1"));
      }
    }
    return 0;
  }

  private void cycle(Bed bed, String image) throws IOException {
    by.way().pull(bedOptions.launcher(), bed.containerdSocket(), image, true);
    var _ = bed.awaitQuiet(System.nanoTime(), Duration.ofMillis(quiet));
    bed.removeImage(image);
  }

  private void report(Bed bed, int cycle) throws IOException {
    var daemon = new ProcessFigures(bed.daemonPid());
    System.out.printf(
        Locale.ROOT,
        "| %d | %.1f | %.1f | %.1f | %.1f |%n",
        cycle,
        daemon.residentMegabytes(),
        daemon.anonymousMegabytes(),
        daemon.peakMegabytes(),
        daemon.cpuSeconds());
    var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    for (var question : questions) {
      var words = question.split(" ", -1);
      System.out.println(
          Command.of(jcmd, Long.toString(bed.daemonPid())).with(words).run().output());
    }
  }
}
