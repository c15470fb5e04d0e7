package dev.lazuli.snapshotter.bench;

import static java.util.Objects.requireNonNull;

import dev.lazuli.snapshotter.bench.ReadingLists.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Entry point of {@code bench/density}. */
@CommandLine.Command(
    name = "bench/density",
    mixinStandardHelpOptions = true,
    description = {
      "Measure what it takes to pull an image and read a share of its bytes, from nothing to all,"
          + " at random and in the order of the layers, by any snapshotters that containerd knows:"
          + " seconds from the pull to the last byte read, megabytes moved and requests by then."
          + " Rounds are interleaved; table and curves show medians."
    })
final class DensityBench implements Callable<Integer> {
  @Option(
      names = "--quick",
      description = "One image, one link, three shares at random, one round; a few minutes.")
  private boolean quick;

  @Option(
      names = "--image",
      split = ",",
      paramLabel = "NAME",
      description = "layers: three layers of Debian packages. fat: one large layer. Default: both.")
  private List<String> images = List.of(DensityImages.LAYERS, "fat");

  @Option(
      names = "--fat-megabytes",
      paramLabel = "MB",
      description = "Generated content of the large layer. Default: ${DEFAULT-VALUE}.")
  private int fatMegabytes = 1_000;

  @Option(
      names = "--by",
      paramLabel = "SNAPSHOTTER:PULL[,format=FORMAT]",
      description = {
        "Whom to measure, as with bench/starts.",
        "Default: overlayfs:ctr and lazuli:ctr-remote."
      })
  private List<String> ways = List.of("overlayfs:ctr", "lazuli:ctr-remote");

  @Option(
      names = "--link",
      paramLabel = "MS,MBIT",
      description = "Round trip and bandwidth, or none. Default: none; 20,1000; 20,200.")
  private List<String> links = List.of("none", "20,1000", "20,200");

  @Option(
      names = "--share",
      split = ",",
      paramLabel = "PERCENT",
      description = "Some of 0, 1, 5, 20, 50, 80 and 100. Default: all.")
  private List<Integer> shares = DensityImages.SHARES;

  @Option(
      names = "--order",
      split = ",",
      paramLabel = "ORDER",
      description = "${COMPLETION-CANDIDATES}. Default: both.")
  private List<Order> orders = List.of(Order.values());

  @Option(names = "--rounds", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds = 3;

  @Option(
      names = "--results",
      paramLabel = "FILE",
      description = {
        "Add each result to this file. Table and curves show everything in it, so that a long",
        "measurement can be made in parts."
      })
  private Optional<Path> results = Optional.empty();

  @Option(names = "--svg", paramLabel = "FILE", description = "Where to draw the curves.")
  private Path svg = Path.of("snapshotter/target/density.svg");

  @Mixin private BedOptions bedOptions = new BedOptions();

  @Mixin private PeerOptions peers = new PeerOptions();

  private final DensityResults all = new DensityResults();

  public static void main(String[] arguments) throws IOException {
    BenchMain.run(new DensityBench(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    if (quick) {
      images = List.of(DensityImages.LAYERS);
      links = List.of("20,200");
      shares = List.of(0, 20, 100);
      orders = List.of(Order.RANDOM);
      rounds = 1;
    }
    if (!DensityImages.SHARES.containsAll(shares)) {
      throw new IllegalArgumentException("--share: some of " + DensityImages.SHARES);
    }
    var measured = ways.stream().map(BenchWay::parse).toList();
    links.forEach(Bed::link);
    readResults();
    try (var bed = bedOptions.start(peers.others())) {
      measure(bed, measured);
    }
    System.out.print(all.table());
    Files.writeString(svg, DensityCurves.draw(all));
    return 0;
  }

  private void measure(Bed bed, List<BenchWay> measured) throws IOException {
    Map<String, ReadingLists> reading = new LinkedHashMap<>();
    var store = new ImageStore(peers.kept(), bedOptions.launcher());
    var made = new DensityImages(store);
    for (var image : images) {
      var name = image.equals(DensityImages.LAYERS) ? made.layers() : made.fat(fatMegabytes);
      reading.put(name, made.reading(name));
      bed.registry().serve(name, store.layout());
    }
    for (int round = 0; round < rounds; round++) {
      for (var run : runs(reading.keySet(), measured)) {
        long bytes = requireNonNull(reading.get(run.image())).bytes(run.order(), run.share());
        add(run.measure(bed, bedOptions.launcher(), bytes));
      }
    }
  }

  private List<DensityRun> runs(Set<String> names, List<BenchWay> measured) {
    var runs = new ArrayList<DensityRun>();
    for (var name : names) {
      for (var order : orders) {
        for (var link : links) {
          for (int share : shares) {
            measured.forEach(way -> runs.add(new DensityRun(name, link, order, share, way)));
          }
        }
      }
    }
    return runs;
  }

  private void readResults() throws IOException {
    if (results.isPresent() && Files.exists(results.get())) {
      Files.readAllLines(results.get()).forEach(line -> all.add(DensityPoint.parse(line)));
    }
  }

  private void add(DensityPoint point) throws IOException {
    all.add(point);
    System.err.println(point.line());
    if (results.isPresent()) {
      Files.writeString(
          results.get(), point.line() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
  }
}
