package dev.lazuli.snapshotter.bench;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** Entry point of {@code bench/starts}. */
@Command(
    name = "bench/starts",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    description = {
      "Measure cold starts by any snapshotters that containerd knows, side by side: pull, run,"
          + " bytes and requests until the program has ended; time, CPU and memory until every"
          + " layer is here. Rounds are interleaved; the table holds the median of each column.",
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
      description =
          "After how long without a byte everything counts as here; more than other snapshotters"
              + " wait with their background fetch. 0: do not wait for it. Default:"
              + " ${DEFAULT-VALUE}.")
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

  @Option(
      names = "--plain-http",
      description = "With --containerd: registries are spoken to without TLS.")
  private boolean plainHttp;

  @Option(names = "--keep", paramLabel = "DIR", description = "Where to keep the images made.")
  private Path kept = Path.of("snapshotter/target/bench-images");

  @Option(names = "--launcher", hidden = true)
  private String launcher = Path.of("lazuli").toAbsolutePath().toString();

  @Spec private CommandSpec spec;

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new StartsBench())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(StartsBench::complain)
            .setExecutionExceptionHandler(StartsBench::complain)
            .execute(arguments));
  }

  /** What goes wrong here is nearly always what was asked for, and no stack trace explains it. */
  private static int complain(Exception e, CommandLine command, ParseResult parsed) {
    System.err.println("bench/starts: " + (e instanceof IOException ? e.getMessage() : e));
    return command.getCommandSpec().exitCodeOnExecutionException();
  }

  private static int complain(ParameterException e, String[] arguments) {
    System.err.println("bench/starts: " + e.getMessage() + " (bench/starts --help says more)");
    return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
  }

  @Override
  public Integer call() throws IOException {
    List<Way> measured;
    try {
      measured = ways.stream().map(Way::parse).toList();
      links.forEach(Bed::link);
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
    if (containerd.isPresent()) {
      measureThere(containerd.get(), measured);
    } else {
      measureHere(measured);
    }
    return 0;
  }

  /** Measures a containerd that runs already. */
  private void measureThere(Path socket, List<Way> measured) throws IOException {
    for (var way : measured) {
      if (way.reference().isEmpty()) {
        throw wrong(
            "with --containerd, --by "
                + way.snapshotter()
                + ":"
                + way.pull().word()
                + " needs an image=REF");
      }
    }
    if (command.isEmpty()) {
      throw wrong("with --containerd, --run has to say which program to run");
    }
    if (!others.isEmpty() || !settings.isEmpty()) {
      throw wrong("--snapshotter and --set are for the private containerd, not for --containerd");
    }
    requireSocket("containerd", socket);
    var starts =
        new Starts(
            launcher, socket.toString(), Optional.empty(), containerdPid, plainHttp, Duration.ZERO);
    for (var way : measured) {
      starts.requireAbsent(way.reference().orElseThrow());
    }
    printHead();
    measure(
        starts,
        measured,
        way -> way.reference().orElseThrow(),
        way -> way.reference().orElseThrow(),
        command);
  }

  /** Measures on a bed of our own. */
  private void measureHere(List<Way> measured) throws IOException {
    for (var other : others.entrySet()) {
      requireSocket("snapshotter " + other.getKey(), other.getValue());
    }
    for (var way : measured) {
      var name = way.snapshotter();
      if (!name.equals("lazuli") && !name.equals("overlayfs") && !others.containsKey(name)) {
        throw wrong("nobody knows the snapshotter " + name + ": --snapshotter " + name + "=SOCKET");
      }
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
              true,
              Duration.ofMillis((long) (quiet * 1000)));
      printHead();
      for (var image : images) {
        for (var link : links) {
          bed.registry().setLink(Bed.link(link));
          var title = repository(image) + ", " + (link.equals("none") ? "no limit" : title(link));
          measure(starts, measured, _ -> title, way -> reference(bed, image, way), image.command());
        }
      }
      System.out.println();
      System.out.println("The daemon listened after " + bed.ready().toMillis() + " ms.");
    }
  }

  private ParameterException wrong(@Nullable String what) {
    return new ParameterException(spec.commandLine(), String.valueOf(what));
  }

  private void requireSocket(String whose, Path socket) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException | IllegalArgumentException e) {
      throw wrong("nobody serves the socket of " + whose + ", " + socket + ": " + e.getMessage());
    }
  }

  private static void printHead() {
    System.out.println(
        "| image, link | by | pull s | run s | **total s** | MB | requests | first total s | all"
            + " here s | MB | requests | CPU s | peak MB |");
    System.out.println(
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---:"
            + " |");
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

  private interface WordOf {
    String of(Way way);
  }

  private void measure(
      Starts starts, List<Way> measured, WordOf title, WordOf reference, List<String> run)
      throws IOException {
    Map<Way, List<Round>> all = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (var way : measured) {
        var result = starts.once(way, reference.of(way), run);
        all.computeIfAbsent(way, _ -> new ArrayList<>()).add(result);
      }
    }
    all.forEach((way, results) -> System.out.println(row(title.of(way), way, results)));
  }

  private static String row(String title, Way way, List<Round> results) {
    var median = Round.median(results);
    return "| "
        + String.join(
            " | ",
            title,
            way.title(),
            figure("%.2f", median.pull()),
            figure("%.2f", median.run()),
            figure("**%.2f**", median.total()),
            figure("%.1f", median.megabytes()),
            figure("%.0f", median.requests()),
            figure("%.2f", results.getFirst().total()),
            figure("%.2f", median.complete()),
            figure("%.1f", median.allMegabytes()),
            figure("%.0f", median.allRequests()),
            figure("%.2f", median.cpu()),
            figure("%.0f", median.peak()))
        + " |";
  }

  /** Returns a figure, or nothing where it could not be measured. */
  private static String figure(String format, double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
  }
}
