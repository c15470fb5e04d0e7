package dev.lazuli.snapshotter.cli.output;

import dev.lazuli.snapshotter.status.ImageStatus;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.NodeUse;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.snapshotter.status.Trouble;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A node's status as text: one line for the daemon, tables of images and layers with columns as
 * wide as needed, and what went wrong.
 */
public final class StatusTable {
  private static final List<String> IMAGES =
      List.of(
          "IMAGE",
          "COMPLETE",
          "PRESENT",
          "OF",
          "",
          "RATE",
          "DISK",
          "CONTAINERS",
          "PINNED",
          "ERRORS");
  private static final List<String> LAYERS =
      List.of(
          "LAYER",
          "FORMAT",
          "MOUNT",
          "PRESENT",
          "OF",
          "",
          "FETCH",
          "RATE",
          "USERS",
          "CONTAINERS",
          "PINNED",
          "PROOF",
          "ERRORS",
          "IMAGES");
  // Digests are told apart by their first 12 hexadecimal digits.
  private static final int SHORT_DIGEST = "sha256:".length() + 12;
  private static final String NONE = "-";

  private StatusTable() {}

  public static String of(NodeStatus status, Instant now) {
    var text = new StringBuilder(head(status, now));
    if (!status.images().isEmpty()) {
      text.append('\n').append(table(IMAGES, status.images(), StatusTable::row));
    }
    if (!status.layers().isEmpty()) {
      text.append('\n').append(table(LAYERS, status.layers(), StatusTable::row));
    }
    status.images().forEach(image -> text.append(credentials(image)));
    status.layers().forEach(layer -> text.append(lastError(layer, now)));
    status.layers().forEach(layer -> text.append(proofReason(layer)));
    var lies = status.troubles().stream().filter(StatusTable::isLie).toList();
    var others = status.troubles().stream().filter(trouble -> !isLie(trouble)).toList();
    return text.append(troubles("not mounted lazily", others, now))
        .append(troubles("NOT WHAT THEIR IMAGES SAY", lies, now))
        .toString();
  }

  private static String credentials(ImageStatus image) {
    return image.credentials().isEmpty()
        ? ""
        : "\ncredentials of %s: %s\n"
            .formatted(
                Printable.of(image.image()), Printable.of(String.join(", ", image.credentials())));
  }

  private static boolean isLie(Trouble trouble) {
    return trouble.kind() == Trouble.Kind.LIE;
  }

  private static String troubles(String head, List<Trouble> troubles, Instant now) {
    var lines = troubles.stream().map(trouble -> trouble(trouble, now)).toList();
    return lines.isEmpty() ? "" : "\n" + head + ":\n" + String.join("", lines);
  }

  private static String proofReason(LayerStatus layer) {
    return layer
        .proofReason()
        .map(
            why ->
                "\n%s: %s: %s\n"
                    .formatted(
                        shortDigest(layer.digest()),
                        layer.proof() == ProofState.LIED ? "lied" : "not proved yet",
                        why))
        .orElse("");
  }

  private static String head(NodeStatus status, Instant now) {
    var line =
        "lazuli %s, process %d, up %s, root %s\n"
            .formatted(
                status.version(),
                status.pid(),
                age(Duration.between(status.startedAt(), now)),
                status.root());
    return line
        + totals(status)
        + "\n"
        + use(status.use())
        + status.noLazyMounts().map(why -> "NOTHING IS MOUNTED LAZILY: " + why + "\n").orElse("")
        + status.warnings().stream()
            .map(warning -> "warning: " + Printable.of(warning) + "\n")
            .collect(Collectors.joining());
  }

  private static String use(NodeUse use) {
    return "memory %s (peak %s), %d threads, %d of %s files open, %s of disk free%s\n"
        .formatted(
            size(use.residentBytes()),
            size(use.peakResidentBytes()),
            use.threads(),
            use.openFiles(),
            use.maxOpenFiles() == Long.MAX_VALUE ? "any number" : use.maxOpenFiles(),
            size(use.freeDiskBytes()),
            use.keptIndexes() == 0
                ? ""
                : ", %d indexes kept (%s)"
                    .formatted(use.keptIndexes(), size(use.keptIndexBytes())));
  }

  /** Returns the node's sums in one line without its end. */
  public static String totals(NodeStatus status) {
    var layers = status.layers();
    var quota = status.quotaBytes() == 0 ? "" : " of at most " + size(status.quotaBytes());
    return "%d images, %d layers, %d complete, %s of %s present, %s, %s on disk%s"
        .formatted(
            status.images().size(),
            layers.size(),
            layers.stream().filter(LayerStatus::complete).count(),
            size(layers.stream().mapToLong(LayerStatus::presentBytes).sum()),
            size(layers.stream().mapToLong(LayerStatus::sizeBytes).sum()),
            rate(layers.stream().mapToLong(LayerStatus::bytesPerSecond).sum()),
            size(status.diskBytes()),
            quota);
  }

  private static List<String> row(ImageStatus image) {
    return List.of(
        image.image(),
        image.completeLayers() + "/" + image.layers().size(),
        size(image.presentBytes()),
        size(image.sizeBytes()),
        percent(image.presentBytes(), image.sizeBytes()),
        rate(image.bytesPerSecond()),
        size(image.diskBytes()),
        Integer.toString(image.containers()),
        image.pinnedLayers() == 0
            ? NONE
            : image.pinnedLayers() == image.layers().size() ? "yes" : "partly",
        Long.toString(image.errors()));
  }

  private static List<String> row(LayerStatus layer) {
    return List.of(
        shortDigest(layer.digest()),
        layer.format(),
        layer.mount().label(),
        size(layer.presentBytes()),
        size(layer.sizeBytes()),
        percent(layer.presentBytes(), layer.sizeBytes()),
        layer.fetch().label(),
        rate(layer.bytesPerSecond()),
        Integer.toString(layer.claims()),
        Integer.toString(layer.containers()),
        layer.pinned() ? "yes" : NONE,
        layer.proof().label(),
        Long.toString(layer.errors()),
        String.join(" ", layer.images()));
  }

  private static String lastError(LayerStatus layer, Instant now) {
    return layer
        .lastError()
        .map(
            error ->
                "\n%s: %s%s\n"
                    .formatted(
                        shortDigest(layer.digest()),
                        layer.lastErrorAt().map(at -> ago(at, now) + ": ").orElse(""),
                        Printable.of(error)))
        .orElse("");
  }

  private static String trouble(Trouble trouble, Instant now) {
    var what = trouble.layer().isEmpty() ? trouble.snapshot() : shortDigest(trouble.layer());
    var image = trouble.image().isEmpty() ? "" : " of " + trouble.image();
    var times = trouble.times() == 1 ? "" : ", " + trouble.times() + " times";
    var words =
        "%s%s: %s %s%s: %s"
            .formatted(
                what,
                image,
                trouble.kind().label(),
                ago(trouble.at(), now),
                times,
                trouble.reason());
    return Printable.of(words) + "\n";
  }

  private static <T> String table(
      List<String> header, List<T> things, Function<T, List<String>> row) {
    var rows = new ArrayList<List<String>>(List.of(header));
    things.forEach(thing -> rows.add(row.apply(thing).stream().map(Printable::of).toList()));
    return aligned(rows);
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

  static String shortDigest(String digest) {
    return digest.substring(0, Math.min(digest.length(), SHORT_DIGEST));
  }

  /** Returns the present part in percent, rounded down: 100% means complete. */
  static String percent(long present, long size) {
    return (size == 0 ? 100 : Math.floorDiv(present * 100, size)) + "%";
  }

  private static String rate(long bytesPerSecond) {
    return bytesPerSecond == 0 ? NONE : size(bytesPerSecond) + "/s";
  }

  private static String ago(Instant at, Instant now) {
    return age(Duration.between(at, now)) + " ago";
  }

  /** Returns a size with three significant digits: {@code 48.7 MiB}. */
  public static String size(long bytes) {
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
