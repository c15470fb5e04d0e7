package dev.lazuli.snapshotter.e2e.commands;

import static java.util.Objects.requireNonNull;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.testimages.CleanUp;
import dev.lazuli.testimages.images.DebianPackages;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Converting one large layer by {@code lazuli convert} and by {@code ctr-remote image convert}, at
 * the same compression level on all processors, interleaved. Both start as processes of their own
 * and read an image that is on this machine. Entry point of {@code bench/convert}: the number of
 * rounds.
 */
final class ConvertBench {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final Path directory;
  private final TestRegistry registry;
  private final PrivateContainerd containerd;
  private final int rounds;

  private ConvertBench(
      Path directory, TestRegistry registry, PrivateContainerd containerd, int rounds) {
    this.directory = directory;
    this.registry = registry;
    this.containerd = containerd;
    this.rounds = rounds;
  }

  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    try (var cleanUp = new CleanUp()) {
      var directory = cleanUp.directory("lzx");
      var registry = cleanUp.open(() -> TestRegistry.start());
      var containerd =
          cleanUp.open(
              () -> PrivateContainerd.start(directory.resolve("c"), ContainerdConfig.overlayfs()));
      new ConvertBench(directory, registry, containerd, rounds).convert();
    }
  }

  /**
   * One kind of conversion.
   *
   * @param peer options of ctr-remote
   * @param ours options of lazuli
   */
  private record Kind(String name, List<String> peer, List<String> ours) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("eStargz, level 9", estargz(9), List.of("--level=9")),
          new Kind("eStargz, level 6", estargz(6), List.of("--level=6")),
          new Kind("eStargz, level 1", estargz(1), List.of("--level=1")),
          new Kind(
              "zstd:chunked, level 3", List.of("--zstdchunked"), List.of("--format=zstd:chunked")));

  private static List<String> estargz(int level) {
    return List.of("--estargz", "--estargz-compression-level=" + level);
  }

  /**
   * One conversion.
   *
   * @param seconds from the process's start to its end
   * @param cpuSeconds of the process alone: what containerd does for ctr-remote is not counted
   * @param bytes of the result
   */
  private record Run(double seconds, double cpuSeconds, long bytes) {}

  /** The image as it is, in a layout and in containerd. */
  private record Plain(OciLayout layout, String reference) {}

  private void convert() throws IOException {
    var layout = OciLayout.at(directory.resolve("layout"));
    var packages = new DebianPackages(directory.resolve("debs"));
    var image =
        new ImageBuilder(layout).layer(packages.layers(List.of("python3", "perl-base")).get(0));
    var _ = image.build("1");
    registry.serve("bench", layout);
    var plain = new Plain(layout, registry.reference("bench", "1"));
    containerd.ctr("image", "pull", "--plain-http", plain.reference()).within(LONG).check();
    var tarMegabytes = image.layers().getFirst().uncompressedSize() / 1e6;
    var report = new ArrayList<String>();
    report.add(
        String.format(
            Locale.ROOT,
            "One layer: tar of %.0f MB, gzip of %.0f MB; medians of %d rounds; MB/s of the tar.",
            tarMegabytes,
            image.layers().getFirst().descriptor().size() / 1e6,
            rounds));
    report.add("");
    report.add(
        "| conversion | ctr-remote MB/s | lazuli MB/s | ratio | ctr-remote CPU s | lazuli CPU s |"
            + " ratio | ctr-remote MB | lazuli MB |");
    report.add("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (var kind : KINDS) {
      report.add(measure(plain, kind, tarMegabytes));
    }
    report.forEach(System.out::println);
  }

  private String measure(Plain plain, Kind kind, double tarMegabytes) throws IOException {
    var theirs = new ArrayList<Run>();
    var ours = new ArrayList<Run>();
    for (int round = 0; round < rounds; round++) {
      theirs.add(peer(plain, kind));
      ours.add(lazuli(plain, kind, round));
    }
    double their = median(theirs, Run::seconds);
    double our = median(ours, Run::seconds);
    double theirCpu = median(theirs, Run::cpuSeconds);
    double ourCpu = median(ours, Run::cpuSeconds);
    return String.format(
        Locale.ROOT,
        "| %s | %.1f | %.1f | **%.2f** | %.1f | %.1f | **%.2f** | %.1f | %.1f |",
        kind.name(),
        tarMegabytes / their,
        tarMegabytes / our,
        their / our,
        theirCpu,
        ourCpu,
        theirCpu / ourCpu,
        theirs.getFirst().bytes() / 1e6,
        ours.getFirst().bytes() / 1e6);
  }

  private static double median(List<Run> runs, ToDoubleFunction<Run> figure) {
    return runs.stream().mapToDouble(figure).sorted().toArray()[runs.size() / 2];
  }

  /** Lets the shell tell what processor time a command took; on a busy machine that says more. */
  private static CommandResult timed(Command command) throws IOException {
    return Command.of("bash", "-c", "TIMEFORMAT='%U %S'; time \"$@\"", "bash")
        .with(command.words().toArray(String[]::new))
        .within(LONG)
        .check();
  }

  private static Run run(CommandResult result, long bytes) {
    var times = result.errors().lines().toList().getLast().split(" ", -1);
    return new Run(
        result.elapsed().toNanos() / 1e9,
        Double.parseDouble(times[0]) + Double.parseDouble(times[1]),
        bytes);
  }

  /** What ctr-remote has converted once it would not convert again: both names go each time. */
  private Run peer(Plain plain, Kind kind) throws IOException {
    var target = registry.host() + "/bench:peer";
    var result =
        timed(
            containerd
                .ctrRemote("image", "convert", "--oci")
                .with(kind.peer().toArray(String[]::new))
                .with(plain.reference(), target));
    var bytes =
        containerd.ctr("content", "ls").check().output().lines().skip(1).toList().stream()
            .mapToLong(line -> sizeUnless(line, plain.layout()))
            .max()
            .orElse(0);
    containerd.ctr("image", "rm", "--sync", target).within(LONG).check();
    return run(result, bytes);
  }

  /** Returns the bytes of a line of {@code ctr content ls}, in its own units; 0 for the source. */
  private static long sizeUnless(String line, OciLayout source) {
    var words = line.strip().split("\\s+", -1);
    if (Files.exists(source.blob(words[0]))) {
      return 0;
    }
    var size = words[1];
    var unit = size.replaceAll("[0-9.]", "");
    var factor =
        switch (unit) {
          case "kB" -> 1e3;
          case "MB" -> 1e6;
          case "GB" -> 1e9;
          default -> 1;
        };
    return (long) (Double.parseDouble(size.substring(0, size.length() - unit.length())) * factor);
  }

  private Run lazuli(Plain plain, Kind kind, int round) throws IOException {
    var target = directory.resolve("ours-" + round + kind.ours().getLast());
    var result =
        timed(
            DaemonProcess.lazuli("convert")
                .with(kind.ours().toArray(String[]::new))
                .with(plain.layout().directory().toString(), target + ":1"));
    var converted = OciLayout.at(target);
    var bytes = converted.layers(requireNonNull(converted.images().get("1"))).getFirst().size();
    return run(result, bytes);
  }
}
