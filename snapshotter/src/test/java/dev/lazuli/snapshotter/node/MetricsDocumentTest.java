package dev.lazuli.snapshotter.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.layers.LayerCounts;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.share.SidePublisher.PublishCounts;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Keeps {@code docs/metrics.md} true: its table is what a daemon is scraped for, to the letter. */
final class MetricsDocumentTest {
  private static final Path DOCUMENT = Path.of("../docs/metrics.md");
  private static final Pattern LABEL = Pattern.compile("([a-z]+)=\"([^\"]*)\"");

  @Test
  void document_holdsTheTableOfAllMetrics() throws IOException {
    assertThat(Files.readString(DOCUMENT)).endsWith(table(scrape()));
  }

  private static List<String> scrape() throws IOException {
    var metrics = new Metrics();
    new NodeGauges(
            "dev",
            () -> LayerCounts.NONE,
            new Troubles(InstantSource.system())::counts,
            () -> 0,
            0,
            () -> 0,
            () -> 0,
            () -> new DiskRoom(0, 0),
            () -> true,
            () -> PublishCounts.NONE)
        .register(metrics);
    var out = new ByteArrayOutputStream();
    metrics.write(out);
    return out.toString(UTF_8).lines().toList();
  }

  private static String table(List<String> scrape) {
    var text =
        new StringBuilder(
            "\n| Metric | Type | Labels | What it says |\n| --- | --- | --- | --- |\n");
    for (int i = 0; i < scrape.size(); i++) {
      if (scrape.get(i).startsWith("# HELP ")) {
        var help = scrape.get(i).split(" ", 4);
        var type = scrape.get(i + 1).split(" ", 4)[3];
        text.append(
            "| `%s` | %s | %s | %s |\n".formatted(help[2], type, labels(help[2], scrape), help[3]));
      }
    }
    return text.toString();
  }

  private static String labels(String metric, List<String> scrape) {
    var values = new TreeMap<String, TreeSet<String>>();
    scrape.stream()
        .filter(line -> line.matches(metric + "(_bucket|_count|_sum)?\\{.*"))
        .forEach(
            line ->
                LABEL
                    .matcher(line.substring(0, line.lastIndexOf('}')))
                    .results()
                    .filter(label -> !label.group(1).equals("le"))
                    .forEach(
                        label ->
                            values
                                .computeIfAbsent(label.group(1), _ -> new TreeSet<>())
                                .add(label.group(2))));
    return values.entrySet().stream()
        .map(
            label ->
                label.getKey().equals("version")
                    ? "`version`"
                    : "`%s`: %s".formatted(label.getKey(), String.join(", ", label.getValue())))
        .collect(joining("; "));
  }
}
