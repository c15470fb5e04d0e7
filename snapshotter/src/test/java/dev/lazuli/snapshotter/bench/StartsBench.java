package dev.lazuli.snapshotter.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Entry point of {@code bench/starts}. */
@Command(
    name = "bench/starts",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    description = {
      "Measure cold starts by any snapshotters that containerd knows, side by side: pull, run,",
      "bytes and requests until the program has ended; time, CPU and memory until every layer is",
      "here. Rounds are interleaved; the table holds the median of each column.",
      "Without --containerd on a private containerd, with a registry behind links of given speeds."
    })
final class StartsBench implements Callable<Integer> {
  @Option(
      names = "--image",
      paramLabel = "NAME",
      description = "Images of the private registry: ${COMPLETION-CANDIDATES}. Default: all.")
  private List<BenchImage> images = List.of(BenchImage.values());

  @Option(
      names = "--by",
      paramLabel = "SNAPSHOTTER:PULL[,image=REF][,pid=PID]",
      description = {
        "Whom to measure; PULL is ctr, ctr-remote or lazuli. REF is the image that this one pulls,",
        "needed with --containerd; PID the snapshotter's daemon, for memory and CPU.",
        "Default: overlayfs:ctr and lazuli:ctr-remote and lazuli:lazuli."
      })
  private List<String> ways = List.of("overlayfs:ctr", "lazuli:ctr-remote", "lazuli:lazuli");

  @Option(
      names = "--link",
      paramLabel = "MS,MBIT",
      description =
          "Round trip and bandwidth of the private registry, or none. Default: none; 20,200.")
  private List<String> links = List.of("none", "20,200");

  @Option(names = "--rounds", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds = 5;

  @Option(
      names = "--quiet",
      paramLabel = "SECONDS",
      description = {
        "After how long without a byte everything counts as here; more than other snapshotters"
            + " wait",
        "with their background fetch. 0: do not wait for it. Default: ${DEFAULT-VALUE}."
      })
  private double quiet = 3;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Configuration of the private daemon.")
  private List<String> settings = List.of();

  @Option(
      names = "--snapshotter",
      paramLabel = "NAME=SOCKET",
      description = "A running snapshotter to make known to the private containerd.")
  private Map<String, Path> others = new HashMap<>();

  @Option(
      names = "--containerd",
      paramLabel = "SOCKET",
      description = "Measure an existing containerd, whose images come from wherever they lie.")
  private Optional<Path> containerd = Optional.empty();

  @Option(
      names = "--containerd-pid",
      paramLabel = "PID",
      description = "Its process, for memory and CPU.")
  private Optional<Long> containerdPid = Optional.empty();

  @Option(
      names = "--run",
      paramLabel = "WORD",
      arity = "1..*",
      description = "The program to run with --containerd.")
  private List<String> command = List.of();

  @Option(names = "--keep", paramLabel = "DIR", description = "Where to keep the images made.")
  private Path kept = Path.of("snapshotter/target/bench-images");

  @Option(names = "--launcher", hidden = true)
  private String launcher = Path.of("lazuli").toAbsolutePath().toString();

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new StartsBench())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    var measured = ways.stream().map(Way::parse).toList();
    System.out.println(
        "| image, link | by | pull s | run s | **total s** | MB | requests | first total s | all"
            + " here s | MB | requests | CPU s | peak MB |");
    System.out.println(
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---:"
            + " |");
    if (containerd.isPresent()) {
      var starts =
          new Starts(
              launcher,
              containerd.get().toString(),
              Optional.empty(),
              containerdPid,
              Duration.ZERO);
      measure(starts, measured, "", way -> way.reference().orElseThrow(), command);
      return 0;
    }
    try (var bed = Bed.start(launcher, settings, others)) {
      for (var image : images) {
        bed.registry().serve(repository(image), image.layout(kept));
      }
      var starts =
          new Starts(
              launcher,
              bed.containerdSocket(),
              Optional.of(bed),
              Optional.of(bed.containerdPid()),
              Duration.ofMillis((long) (quiet * 1000)));
      for (var image : images) {
        for (var link : links) {
          bed.registry().setLink(Bed.link(link));
          measure(
              starts,
              measured,
              repository(image) + ", " + (link.equals("none") ? "no limit" : title(link)),
              way -> reference(bed, image, way),
              image.command());
        }
      }
      System.out.println();
      System.out.println("The daemon listened after " + bed.ready().toMillis() + " ms.");
    }
    return 0;
  }

  private static String title(String link) {
    var parts = List.of(link.split(",", -1));
    return parts.getFirst() + " ms, " + parts.get(1) + " Mbit/s";
  }

  private static String repository(BenchImage image) {
    return image.name().toLowerCase(Locale.ROOT);
  }

  private static String reference(Bed bed, BenchImage image, Way way) {
    var tag = way.lazy() ? BenchImage.LAZY : BenchImage.PLAIN;
    return way.reference().orElse(bed.registry().reference(repository(image), tag));
  }

  private interface References {
    String of(Way way);
  }

  private void measure(
      Starts starts, List<Way> measured, String title, References references, List<String> run)
      throws IOException {
    Map<Way, List<Round>> all = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (var way : measured) {
        var result = starts.once(way, references.of(way), run);
        all.computeIfAbsent(way, _ -> new ArrayList<>()).add(result);
      }
    }
    all.forEach((way, results) -> System.out.println(row(title, way, results)));
  }

  private static String row(String title, Way way, List<Round> results) {
    var median = Round.median(results);
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.2f | %.2f | **%.2f** | %.1f | %.0f | %.2f | %.2f | %.1f | %.0f | %.2f | %.0f"
            + " |",
        title,
        way.title(),
        median.pull(),
        median.run(),
        median.total(),
        median.megabytes(),
        median.requests(),
        results.getFirst().total(),
        median.complete(),
        median.allMegabytes(),
        median.allRequests(),
        median.cpu(),
        median.peak());
  }
}
