package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.NodeStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A node's status as text: one line for the daemon, one for each layer, columns as wide as needed.
 */
final class StatusTable {
  private static final List<String> HEADER =
      List.of("LAYER", "FORMAT", "MOUNT", "PRESENT", "OF", "", "RATE", "USERS", "ERRORS", "IMAGES");
  // Digests are told apart by their first 12 hexadecimal digits.
  private static final int SHORT_DIGEST = "sha256:".length() + 12;

  private StatusTable() {}

  static String of(NodeStatus status, Instant now) {
    var text = new StringBuilder();
    text.append(
        "lazuli %s, process %d, up %s, root %s\n"
            .formatted(
                status.version(),
                status.pid(),
                age(Duration.between(status.startedAt(), now)),
                status.root()));
    var quota = status.quotaBytes() == 0 ? "" : " of at most " + size(status.quotaBytes());
    text.append(
        "%d layers, %s on disk%s\n"
            .formatted(status.layers().size(), size(status.diskBytes()), quota));
    if (!status.layers().isEmpty()) {
      var rows = new ArrayList<List<String>>(List.of(HEADER));
      status.layers().forEach(layer -> rows.add(row(layer)));
      text.append('\n').append(aligned(rows));
    }
    status
        .layers()
        .forEach(
            layer ->
                layer
                    .lastError()
                    .ifPresent(
                        error -> text.append("\n%s: %s\n".formatted(shortDigest(layer), error))));
    return text.toString();
  }

  private static List<String> row(LayerStatus layer) {
    return List.of(
        shortDigest(layer),
        layer.format(),
        layer.mount().label(),
        size(layer.presentBytes()),
        size(layer.sizeBytes()),
        layer.percent() + "%",
        layer.bytesPerSecond() == 0 ? "-" : size(layer.bytesPerSecond()) + "/s",
        Integer.toString(layer.claims()),
        Long.toString(layer.errors()),
        String.join(" ", layer.images()));
  }

  private static String aligned(List<List<String>> rows) {
    var text = new StringBuilder();
    for (var row : rows) {
      var line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        int at = column;
        int width = rows.stream().mapToInt(other -> other.get(at).length()).max().orElse(0);
        line.append(row.get(column)).repeat(' ', width - row.get(column).length() + 2);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static String shortDigest(LayerStatus layer) {
    return layer.digest().substring(0, Math.min(layer.digest().length(), SHORT_DIGEST));
  }

  /** Returns a size with three significant digits: {@code 48.7 MiB}. */
  static String size(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    // From 999.5 on, %.0f would write four digits.
    while (value >= 999.5 && unit < 3) {
      value /= 1024;
      unit++;
    }
    var format = value < 9.995 ? "%.2f %s" : value < 99.95 ? "%.1f %s" : "%.0f %s";
    return String.format(Locale.ROOT, format, value, "KMGT".charAt(unit) + "iB");
  }

  private static String age(Duration age) {
    if (age.toDays() > 0) {
      return age.toDays() + " d " + age.toHoursPart() + " h";
    }
    if (age.toHours() > 0) {
      return age.toHours() + " h " + age.toMinutesPart() + " min";
    }
    return age.toMinutes() > 0 ? age.toMinutes() + " min" : age.toSeconds() + " s";
  }
}
