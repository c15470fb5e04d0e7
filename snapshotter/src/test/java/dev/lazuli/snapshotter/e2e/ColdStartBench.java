package dev.lazuli.snapshotter.e2e;

import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.DebianPackages;
import dev.lazuli.testimages.images.ImageBuilder;
import dev.lazuli.testimages.images.LayerEncoding;
import dev.lazuli.testimages.images.OciLayout;
import dev.lazuli.testimages.registry.LinkProfile;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Cold start of a Python image by Lazuli and by overlayfs on real containerd, interleaved. Not a
 * test: {@code bench/coldstart} runs it and prints {@code target/coldstart.md}.
 */
final class ColdStartBench {
  private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final List<LinkProfile> LINKS =
      List.of(LinkProfile.UNLIMITED, LinkProfile.of(20, 200));

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  /** What is compared. */
  private enum Way {
    OVERLAYFS,
    LAZULI
  }

  private record Run(double pull, double run, double megabytes, long requests) {
    double total() {
      return pull + run;
    }
  }

  @Test
  void coldStart() throws IOException {
    try (var registry = TestRegistry.start()) {
      serve(registry);
      var daemon =
          BED.closeAtEnd(
              DaemonProcess.start(BED.directory().resolve("d"), BED.snapshotterSocket()));
      daemon.awaitKnownTo(BED.containerd());
      once(registry, Way.LAZULI);
      once(registry, Way.OVERLAYFS);
      var report =
          new ArrayList<>(
              List.of(
                  "| link | by | pull s | run s | total s | MB | requests |",
                  "| --- | --- | ---: | ---: | ---: | ---: | ---: |"));
      for (var link : LINKS) {
        registry.setLink(link);
        report.addAll(measure(registry, link));
      }
      report.add("");
      report.add("Daemon, all of this done: " + daemon.memory());
      Files.write(Path.of("target/coldstart.md"), report);
    }
  }

  private static List<String> measure(TestRegistry registry, LinkProfile link) throws IOException {
    Map<Way, List<Run>> runs = new EnumMap<>(Way.class);
    for (int round = 0; round < ROUNDS; round++) {
      for (var way : Way.values()) {
        runs.computeIfAbsent(way, _ -> new ArrayList<>()).add(once(registry, way));
      }
    }
    var name =
        link.equals(LinkProfile.UNLIMITED)
            ? "no limit"
            : link.roundTrip().toMillis() + " ms, " + link.bitsPerSecond() / 1_000_000 + " Mbit/s";
    return runs.entrySet().stream()
        .map(entry -> row(name, entry.getKey(), entry.getValue()))
        .toList();
  }

  private static String row(String link, Way way, List<Run> runs) {
    var median =
        runs.stream()
            .sorted((a, b) -> Double.compare(a.total(), b.total()))
            .toList()
            .get(runs.size() / 2);
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.2f | %.2f | **%.2f** | %.1f | %d |",
        link,
        way.name().toLowerCase(Locale.ROOT),
        median.pull(),
        median.run(),
        median.total(),
        median.megabytes(),
        median.requests());
  }

  private static Run once(TestRegistry registry, Way way) throws IOException {
    var reference = registry.host() + "/python:" + (way == Way.LAZULI ? "esgz" : "gzip");
    registry.resetCounters();
    long began = System.nanoTime();
    if (way == Way.LAZULI) {
      BED.containerd()
          .ctrRemote("image", "rpull", "--plain-http", "--snapshotter", "lazuli", reference)
          .within(LONG)
          .check();
    } else {
      ctr("image", "pull", "--plain-http", reference);
    }
    long pulled = System.nanoTime();
    ctr(
        "run",
        "--rm",
        "--snapshotter",
        way.name().toLowerCase(Locale.ROOT),
        reference,
        "bench",
        "python3",
        "-c",
        "import json; print(1)");
    long ended = System.nanoTime();
    var counters = registry.counters();
    ctr("image", "rm", "--sync", reference);
    return new Run(
        (pulled - began) / 1e9,
        (ended - pulled) / 1e9,
        counters.bodyBytes() / 1e6,
        counters.requests());
  }

  private static void serve(TestRegistry registry) throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var gzip = new ImageBuilder(layout).encoding(LayerEncoding.GZIP);
    var lazy = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
    for (var layer :
        new DebianPackages(BED.directory().resolve("debs"))
            .layers(List.of("libc6"), List.of("dash", "coreutils"), List.of("python3"))) {
      gzip.layer(layer);
      lazy.layer(layer);
    }
    var _ = gzip.build("gzip");
    var _ = lazy.build("esgz");
    registry.serve("python", layout);
  }

  private static void ctr(String... arguments) throws IOException {
    BED.containerd().ctr(arguments).within(LONG).check();
  }
}
