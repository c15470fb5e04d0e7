package dev.lazuli.snapshotter.fetch;

import com.github.luben.zstd.Zstd;
import com.google.errorprone.annotations.FormatMethod;
import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.testimages.CleanUp;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Whole layers fetched beside {@code curl | gzip -d | sha256sum}, interleaved, and a scattered read
 * over slower and slower links. Entry point of {@code bench/fetch}: the number of rounds.
 */
final class FetchBench {
  private static final int LAYER_BYTES = 256 << 20;
  private static final int CHUNK_BYTES = 4 << 20;
  private static final int FILES = 4000;

  /** Milliseconds. */
  private static final int[] ROUND_TRIPS = {0, 20, 60};

  private final Path directory;
  private final int rounds;
  private final List<String> report = new ArrayList<>();

  private FetchBench(Path directory, int rounds) {
    this.directory = directory;
    this.rounds = rounds;
  }

  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    try (var cleanUp = new CleanUp()) {
      new FetchBench(cleanUp.directory("lzf"), rounds).fetch();
    }
  }

  /** A layer made of one member or frame for each chunk. */
  private record Layer(String digest, long blobBytes, long contentBytes) {}

  private void fetch() throws Exception {
    try (var registry = TestRegistry.start();
        var probe = new MeasuredProcess(directory, registry)) {
      whole(registry, probe);
      report.add("");
      var layer = files(registry);
      scattered(registry, probe, layer);
      report.add("");
      report.add(
          "| as a list, round trip | ranges in a request | seconds | requests | MB on the wire |"
              + " MB needed |");
      report.add("| --- | --- | ---: | ---: | ---: | ---: |");
      listed(registry, probe, layer, "several");
      registry.faults().always(FetchBench::hasSeveralRanges, new Fault.RefuseMultiRange());
      listed(registry, probe, layer, "one");
    }
    report.forEach(System.out::println);
  }

  private void whole(TestRegistry registry, MeasuredProcess probe) throws Exception {
    report.add(
        "| layer | by | MB/s of content | CPU s/GiB of content | ratio | KiB allocated/MiB |");
    report.add("| --- | --- | ---: | ---: | ---: | ---: |");
    byte[] content = javaItself();
    for (var compression : List.of(Compression.GZIP, Compression.ZSTD)) {
      var layer = layer(registry, compression, content, CHUNK_BYTES, "whole");
      var url = "http://" + registry.host() + "/v2/image/blobs/" + layer.digest();
      var unpack = compression == Compression.GZIP ? "gzip -dc" : "zstd -dc";
      probe.order("whole " + layer.digest());
      probe.order("whole " + layer.digest());
      var ours = new ArrayList<double[]>();
      var theirs = new ArrayList<double[]>();
      for (int round = 0; round < rounds; round++) {
        ours.add(probe.order("whole " + layer.digest()));
        theirs.add(shell("curl -sS " + url + " | " + unpack + " | sha256sum >/dev/null"));
      }
      var pipe = "curl \\| " + unpack + " \\| sha256sum";
      double base = median(theirs, 1);
      row(compression, pipe, layer, theirs, base);
      row(compression, "lazuli, written to disk", layer, ours, base);
    }
  }

  private void row(
      Compression compression, String by, Layer layer, List<double[]> results, double base) {
    double gibibytes = layer.contentBytes() / (double) (1 << 30);
    var allocated =
        results.getFirst().length < 3 ? "" : format("%.1f", median(results, 2) / gibibytes);
    report.add(
        format(
            "| %s, %d MB of %d MB | %s | %.0f | %.2f | %.2f | %s |",
            compression.name().toLowerCase(Locale.ROOT),
            layer.blobBytes() / 1_000_000,
            layer.contentBytes() / 1_000_000,
            by,
            layer.contentBytes() / 1e6 / median(results, 0),
            median(results, 1) / gibibytes,
            median(results, 1) / base,
            allocated));
  }

  private void listed(TestRegistry registry, MeasuredProcess probe, Layer layer, String ranges)
      throws IOException {
    probe.order("listed " + layer.digest() + " 5 1");
    for (int roundTrip : ROUND_TRIPS) {
      registry.setLink(link(roundTrip));
      var results = new ArrayList<double[]>();
      for (int round = 0; round < rounds; round++) {
        registry.resetCounters();
        var figures = probe.order("listed " + layer.digest() + " 5 " + round);
        var read = registry.counters().blob(layer.digest());
        results.add(new double[] {figures[0], figures[1], read.requests(), read.bodyBytes()});
      }
      report.add(
          format(
              "| %s | %s | %.2f | %.0f | %.1f | %.1f |",
              describe(roundTrip),
              ranges,
              median(results, 0),
              median(results, 2),
              median(results, 3) / 1e6,
              median(results, 1) / 1e6));
    }
  }

  private static boolean hasSeveralRanges(RegistryRequest request) {
    return request.range().filter(range -> range.contains(",")).isPresent();
  }

  private static LinkProfile link(int roundTrip) {
    return LinkProfile.of(roundTrip, roundTrip == 0 ? 0 : 200);
  }

  private static String describe(int roundTrip) {
    return roundTrip == 0 ? "none, no limit" : roundTrip + " ms, 200 Mbit/s";
  }

  private void scattered(TestRegistry registry, MeasuredProcess probe, Layer layer)
      throws IOException {
    report.add(
        "| round trip | seconds | requests | MB on the wire | MB needed | wire/needed |"
            + " requests until complete | MB until complete |");
    report.add("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    report.addFirst("");
    report.addFirst(
        format(
            "Scattered: %d files, %.1f MB compressed, 5 %% of the files.",
            FILES, layer.blobBytes() / 1e6));
    probe.order("scattered " + layer.digest() + " 5 1");
    for (int roundTrip : ROUND_TRIPS) {
      registry.setLink(link(roundTrip));
      var results = new ArrayList<double[]>();
      for (int round = 0; round < rounds; round++) {
        registry.resetCounters();
        var figures = probe.order("scattered " + layer.digest() + " 5 " + round);
        var read = registry.counters().blob(layer.digest());
        registry.resetCounters();
        probe.order("scattered " + layer.digest() + " 5 " + round + " complete");
        var all = registry.counters().blob(layer.digest());
        results.add(
            new double[] {
              figures[0],
              figures[1],
              read.requests(),
              read.bodyBytes(),
              all.requests(),
              all.bodyBytes()
            });
      }
      report.add(
          format(
              "| %s | %.2f | %.0f | %.1f | %.1f | %.2f | %.0f | %.1f |",
              describe(roundTrip),
              median(results, 0),
              median(results, 2),
              median(results, 3) / 1e6,
              median(results, 1) / 1e6,
              median(results, 3) / median(results, 1),
              median(results, 4),
              median(results, 5) / 1e6));
    }
  }

  /** Returns content of the size of a layer: the JDK's own files, as they are anywhere. */
  private static byte[] javaItself() throws IOException {
    var content = new ByteArrayOutputStream(LAYER_BYTES);
    var lib = Path.of(System.getProperty("java.home"), "lib");
    while (content.size() < LAYER_BYTES) {
      try (var files = Files.walk(lib)) {
        for (var file : files.filter(Files::isRegularFile).sorted().toList()) {
          try (InputStream in = Files.newInputStream(file)) {
            content.write(in.readNBytes(LAYER_BYTES - content.size()));
          }
        }
      }
    }
    return content.toByteArray();
  }

  private Layer layer(
      TestRegistry registry, Compression compression, byte[] content, int size, String name)
      throws IOException {
    var cuts = new ArrayList<Integer>();
    for (int at = 0; at < content.length; at += size) {
      cuts.add(at);
    }
    return layer(registry, compression, content, cuts, name);
  }

  /** Many files from 1 KB to 200 KB, small ones more often, each a chunk of its own. */
  private Layer files(TestRegistry registry) throws IOException {
    byte[] content = javaItself();
    var random = new Random(1);
    var cuts = new ArrayList<Integer>();
    int at = 0;
    for (int i = 0; i < FILES && at < content.length; i++) {
      cuts.add(at);
      at += (int) (1000 * Math.pow(200, random.nextDouble()));
    }
    byte[] used = java.util.Arrays.copyOf(content, Math.min(at, content.length));
    return layer(registry, Compression.GZIP, used, cuts, "files");
  }

  private Layer layer(
      TestRegistry registry,
      Compression compression,
      byte[] content,
      List<Integer> cuts,
      String name)
      throws IOException {
    var blob = new ByteArrayOutputStream();
    var table = new ArrayList<String>();
    long place = 0;
    for (int i = 0; i < cuts.size(); i++) {
      int end = i + 1 < cuts.size() ? cuts.get(i + 1) : content.length;
      byte[] chunk = java.util.Arrays.copyOfRange(content, cuts.get(i), end);
      int start = blob.size();
      blob.writeBytes(
          compression == Compression.GZIP ? TestBlob.gzip(chunk) : Zstd.compress(chunk, 3));
      table.add(
          place
              + " "
              + chunk.length
              + " "
              + start
              + " "
              + blob.size()
              + " "
              + HexFormat.of().formatHex(TestBlob.sha256(chunk)));
      place += (chunk.length + 4095) & -4096;
    }
    table.addFirst(blob.size() + " " + compression);
    var hash = TestBlob.sha256((name + compression).getBytes(StandardCharsets.UTF_8));
    var digest = "sha256:" + HexFormat.of().formatHex(hash);
    Files.write(directory.resolve(digest.replace(':', '-')), table);
    registry.serveBlob(digest, BlobContent.of(blob.toByteArray()));
    return new Layer(digest, blob.size(), content.length);
  }

  /** Runs a pipe; returns seconds and CPU seconds of all of its processes. */
  private static double[] shell(String pipe) throws IOException {
    var script = "TIMEFORMAT='%R %U %S'; time { " + pipe + "; }";
    var process =
        new ProcessBuilder("bash", "-o", "pipefail", "-c", script)
            .redirectErrorStream(true)
            .start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    var parts = output.strip().split(" ", -1);
    if (parts.length != 3) {
      throw new IOException(pipe + ": " + output);
    }
    return new double[] {
      Double.parseDouble(parts[0]), Double.parseDouble(parts[1]) + Double.parseDouble(parts[2])
    };
  }

  private static double median(List<double[]> rounds, int figure) {
    var sorted = rounds.stream().mapToDouble(round -> round[figure]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  @FormatMethod
  private static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
