package dev.lazuli.snapshotter.e2e;

import static java.util.Objects.requireNonNull;

import dev.lazuli.testimages.containerd.Command;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.DebianPackages;
import dev.lazuli.testimages.images.ImageBuilder;
import dev.lazuli.testimages.images.OciLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Converting one large layer by {@code lazuli convert} and by {@code ctr-remote image convert}, at
 * the same compression level on all processors, interleaved. Both start as processes of their own
 * and read an image that is on this machine. Not a test: {@code bench/convert} runs it and prints
 * {@code target/convert.md}.
 */
final class ConvertBench {
  private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
  private static final Duration LONG = Duration.ofMinutes(5);

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

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

  /** The time and the size of a result. */
  private record Run(double seconds, long bytes) {}

  /** The image as it is, in a layout and in containerd. */
  private record Plain(OciLayout layout, String reference) {}

  @Test
  void convert() throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var packages = new DebianPackages(BED.directory().resolve("debs"));
    var image = new ImageBuilder(layout).layer(packages.layers(List.of("python3", "perl")).get(0));
    var _ = image.build("1");
    var plain = new Plain(layout, BED.registry().push(layout, "1", "bench:1"));
    BED.containerd().ctr("image", "pull", "--plain-http", plain.reference()).within(LONG).check();
    var tarMegabytes = image.layers().getFirst().uncompressedSize() / 1e6;
    var report = new ArrayList<String>();
    report.add(
        String.format(
            Locale.ROOT,
            "One layer: tar of %.0f MB, gzip of %.0f MB; medians of %d rounds; MB/s of the tar.",
            tarMegabytes,
            image.layers().getFirst().descriptor().size() / 1e6,
            ROUNDS));
    report.add("");
    report.add("| conversion | ctr-remote MB/s | lazuli MB/s | ratio | their MB | our MB |");
    report.add("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (var kind : KINDS) {
      report.add(measure(plain, kind, tarMegabytes));
    }
    Files.write(Path.of("target/convert.md"), report);
  }

  private static String measure(Plain plain, Kind kind, double tarMegabytes) throws IOException {
    var theirs = new ArrayList<Run>();
    var ours = new ArrayList<Run>();
    for (int round = 0; round < ROUNDS; round++) {
      theirs.add(peer(plain, kind));
      ours.add(lazuli(plain, kind, round));
    }
    var their = median(theirs);
    var our = median(ours);
    return String.format(
        Locale.ROOT,
        "| %s | %.1f | %.1f | **%.2f** | %.1f | %.1f |",
        kind.name(),
        tarMegabytes / their.seconds(),
        tarMegabytes / our.seconds(),
        their.seconds() / our.seconds(),
        their.bytes() / 1e6,
        our.bytes() / 1e6);
  }

  private static Run median(List<Run> runs) {
    return runs.stream()
        .sorted((a, b) -> Double.compare(a.seconds(), b.seconds()))
        .toList()
        .get(runs.size() / 2);
  }

  /** What ctr-remote has converted once it would not convert again: both names go each time. */
  private static Run peer(Plain plain, Kind kind) throws IOException {
    var target = BED.registry().host() + "/bench:peer";
    var result =
        BED.containerd()
            .ctrRemote("image", "convert", "--oci")
            .with(kind.peer().toArray(String[]::new))
            .with(plain.reference(), target)
            .within(LONG)
            .check();
    var bytes =
        BED.containerd().ctr("content", "ls").check().output().lines().skip(1).toList().stream()
            .mapToLong(line -> sizeUnless(line, plain.layout()))
            .max()
            .orElse(0);
    BED.containerd().ctr("image", "rm", "--sync", target).within(LONG).check();
    return new Run(result.elapsed().toNanos() / 1e9, bytes);
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

  private static Run lazuli(Plain plain, Kind kind, int round) throws IOException {
    var target = BED.directory().resolve("ours-" + round + kind.ours().getLast());
    var result =
        roomy(DaemonProcess.lazuli("convert"))
            .with(kind.ours().toArray(String[]::new))
            .with(plain.layout().directory().toString(), target + ":1")
            .within(LONG)
            .check();
    var converted = OciLayout.at(target);
    var bytes = converted.layers(requireNonNull(converted.images().get("1"))).getFirst().size();
    return new Run(result.elapsed().toNanos() / 1e9, bytes);
  }

  /** Returns a command with the memory that the launcher gives to converters. */
  static Command roomy(Command lazuli) {
    var words = lazuli.words().stream().map(word -> word.equals("-Xmx64m") ? "-Xmx1g" : word);
    return new Command(words.toList(), lazuli.environment(), lazuli.directory(), lazuli.timeout());
  }
}
