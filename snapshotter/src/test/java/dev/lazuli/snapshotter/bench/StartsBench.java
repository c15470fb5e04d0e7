package dev.lazuli.snapshotter.bench;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Entry point of {@code bench/starts}. */
@Command(
    name = "bench/starts",
    mixinStandardHelpOptions = true,
    description = {
      "Measure cold starts by any snapshotters that containerd knows, side by side: pull, run,"
          + " bytes and requests until the program has ended; time, CPU and memory until every"
          + " layer is here. Rounds are interleaved; the table holds the median of each column.",
      "Without --containerd on a private containerd, with a registry behind links of given speeds."
    })
final class StartsBench implements Callable<Integer> {
  private static final int MOST_IDLE_SECONDS = 900;

  @Option(
      names = "--image",
      paramLabel = "NAME",
      description = {
        "Images of the private registry: python, java, gcc, node, nginx, redis, postgres,",
        "scikit-learn, tensorflow, ruby, php, r. Default: all."
      },
      split = ",")
  private List<BenchImage> images = List.of(BenchImage.values());

  @Option(
      names = "--by",
      paramLabel = "SNAPSHOTTER:PULL[,image=REF][,format=FORMAT][,pid=PID]",
      description = {
        "Whom to measure; PULL is ctr, ctr-remote or lazuli. REF is the image that this one pulls,",
        "needed with --containerd. FORMAT is that of the private registry's image: gzip, lazuli or",
        "ctr-remote, after the converter; by default what suits the client. PID is the",
        "snapshotter's daemon, for memory and CPU.",
        "Default: overlayfs:ctr and lazuli:ctr-remote."
      })
  private List<String> ways = List.of("overlayfs:ctr", "lazuli:ctr-remote");

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

  @Option(
      names = "--settle",
      paramLabel = "SECONDS",
      description = "Between a fresh daemon's start and the first pull. Default: ${DEFAULT-VALUE}.")
  private double settle = 2;

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      description = {
        "Also measure a daemon that has been idle for so long, at most 900. Default: 0, which"
            + " leaves",
        "that out."
      })
  private double idle;

  @Option(
      names = "--images-only",
      description = "Make the images that are not there yet, and measure nothing.")
  private boolean imagesOnly;

  @Mixin private BedOptions bedOptions = new BedOptions();

  @Mixin private PeerOptions peers = new PeerOptions();

  @Spec private CommandSpec spec;

  public static void main(String[] arguments) throws IOException {
    BenchMain.run(new StartsBench(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    List<BenchWay> measured;
    try {
      measured = ways.stream().map(BenchWay::parse).toList();
      links.forEach(Bed::link);
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
    if (rounds < 1 || idle < 0 || idle > MOST_IDLE_SECONDS || settle < 0) {
      throw wrong("--rounds, --idle or --settle is out of its range");
    }
    if (containerd.isPresent()) {
      measureThere(containerd.get(), measured);
    } else {
      measureHere(measured);
    }
    return 0;
  }

  /** Measures a containerd that runs already. */
  private void measureThere(Path socket, List<BenchWay> measured) throws IOException {
    for (var way : measured) {
      if (way.reference().isEmpty()) {
        throw wrong("with --containerd, --by " + way.title() + " needs an image=REF");
      }
    }
    if (command.isEmpty()) {
      throw wrong("with --containerd, --run has to say which program to run");
    }
    if (!peers.others().isEmpty() || bedOptions.hasSettings()) {
      throw wrong("--snapshotter and --set are for the private containerd, not for --containerd");
    }
    requireSocket("containerd", socket);
    var containers = new Containers(socket.toString());
    var starts =
        new BenchStarts(
            bedOptions.launcher(),
            containers,
            Optional.empty(),
            containerdPid,
            plainHttp,
            Duration.ZERO);
    for (var way : measured) {
      starts.requireAbsent(way.reference().orElseThrow());
    }
    var program = new BenchProgram(command, Optional.empty());
    var table = new StartsTable(String.join(" ", command));
    for (int round = 0; round < rounds; round++) {
      for (var way : measured) {
        var image = way.reference().orElseThrow();
        table.add(
            way, DaemonState.FRESH, starts.once(way, image, program, BenchStarts.Extent.WHOLE));
      }
    }
    StartsTable.printHead();
    table.print(Double.NaN, Double.NaN);
  }

  /** Measures on a bed of our own. */
  private void measureHere(List<BenchWay> measured) throws IOException {
    for (var other : peers.others().entrySet()) {
      requireSocket("snapshotter " + other.getKey(), other.getValue());
    }
    for (var way : measured) {
      if (!way.ours() && !way.overlayfs() && !peers.others().containsKey(way.snapshotter())) {
        var name = way.snapshotter();
        throw wrong("nobody knows the snapshotter " + name + ": --snapshotter " + name + "=SOCKET");
      }
    }
    var options =
        new StartsHere.Options(rounds, links, seconds(quiet), seconds(settle), seconds(idle));
    var here = new StartsHere(bedOptions, peers, images, measured, options);
    if (imagesOnly) {
      var _ = here.provide();
    } else {
      here.measure();
    }
  }

  private static Duration seconds(double number) {
    return Duration.ofMillis((long) (number * 1000));
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
}
