package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.snapshotter.waterfall.Row.Bar;
import dev.lazuli.snapshotter.waterfall.Row.Look;
import dev.lazuli.snapshotter.waterfall.Waterfall.Arrival;
import dev.lazuli.snapshotter.waterfall.Waterfall.LayerLine;
import dev.lazuli.snapshotter.waterfall.Waterfall.Mark;
import dev.lazuli.snapshotter.waterfall.Waterfall.Wait;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The lines of a waterfall's picture: its layers, then its files in the order in which they were
 * needed.
 *
 * @param layers one line for each layer
 * @param files lines for files; some may stand for several
 */
record WaterfallRows(List<Row> layers, List<Row> files) {
  /** Pieces that lie closer together than this are drawn as one. */
  private static final long SEAM_MICROS = 1000;

  private static final int SHORT_DIGEST = "sha256:".length() + 12;

  WaterfallRows {
    layers = List.copyOf(layers);
    files = List.copyOf(files);
  }

  static WaterfallRows of(Waterfall waterfall) {
    return new WaterfallRows(layerRows(waterfall), fileRows(waterfall));
  }

  private static List<Row> layerRows(Waterfall waterfall) {
    var rows = new ArrayList<Row>();
    for (int i = 0; i < waterfall.layers().size(); i++) {
      int place = i;
      var layer = waterfall.layers().get(i);
      var segments = new ArrayList<Bar>();
      if (layer.requestedMicros() >= 0) {
        long until = layer.mountedMicros() < 0 ? waterfall.untilMicros() : layer.mountedMicros();
        segments.add(new Bar(Look.INDEX, layer.requestedMicros(), until));
      }
      waterfall.arrivals().stream()
          .filter(arrival -> arrival.layer() == place && inBackground(arrival))
          .forEach(arrival -> segments.add(segment(arrival)));
      rows.add(new Row(label(i, layer), 0, layer.blobBytes(), 0, false, merged(segments)));
    }
    return rows;
  }

  private static String label(int place, LayerLine layer) {
    var digest = layer.digest().substring(0, Math.min(layer.digest().length(), SHORT_DIGEST));
    return "layer " + (place + 1) + "  " + digest;
  }

  private static Bar segment(Arrival arrival) {
    return new Bar(Look.of(arrival.source()), arrival.beganMicros(), arrival.arrivedMicros());
  }

  private record FileKey(int layer, String file) {}

  private static List<Row> fileRows(Waterfall waterfall) {
    var files = new LinkedHashMap<FileKey, FileSegments>();
    for (var wait : waterfall.waits()) {
      parts(files, wait.layer(), wait.file()).add(wait, waterfall.untilMicros());
    }
    for (var arrival : waterfall.arrivals()) {
      if (!inBackground(arrival) || files.containsKey(key(arrival))) {
        parts(files, arrival.layer(), arrival.file()).add(arrival);
      }
    }
    return files.entrySet().stream()
        .map(entry -> entry.getValue().row(entry.getKey().file()))
        .sorted(Comparator.comparingLong(Row::from).thenComparingLong(Row::to))
        .toList();
  }

  private static boolean inBackground(Arrival arrival) {
    return arrival.source() == ArrivalReason.BACKGROUND || arrival.source() == ArrivalReason.DISK;
  }

  private static FileKey key(Arrival arrival) {
    return new FileKey(arrival.layer(), arrival.file());
  }

  private static FileSegments parts(Map<FileKey, FileSegments> files, int layer, String file) {
    return files.computeIfAbsent(new FileKey(layer, file), _ -> new FileSegments());
  }

  private static final class FileSegments {
    private final List<Bar> waits = new ArrayList<>();
    private final List<Bar> arrivals = new ArrayList<>();
    private long bytes;
    private long waited;
    private boolean failed;

    void add(Wait wait, long now) {
      long end = wait.micros() < 0 ? now : wait.sinceMicros() + wait.micros();
      waits.add(new Bar(Look.WAIT, wait.sinceMicros(), end));
      waited += end - wait.sinceMicros();
      failed |= wait.failed();
    }

    void add(Arrival arrival) {
      arrivals.add(segment(arrival));
      bytes += arrival.bytes();
    }

    Row row(String file) {
      var segments = merged(waits);
      segments.addAll(merged(arrivals));
      return new Row(file.isEmpty() ? "(no name)" : file, 1, bytes, waited, failed, segments);
    }
  }

  /** Joins neighbours that look alike. */
  private static List<Bar> merged(List<Bar> segments) {
    var merged = new ArrayList<Bar>();
    segments.stream()
        .sorted(Comparator.comparing(Bar::look).thenComparingLong(Bar::from))
        .forEach(
            segment -> {
              if (!merged.isEmpty()
                  && merged.getLast().look() == segment.look()
                  && segment.from() - merged.getLast().to() <= SEAM_MICROS) {
                var last = merged.removeLast();
                long to = Math.max(last.to(), segment.to());
                merged.add(new Bar(segment.look(), last.from(), to));
              } else {
                merged.add(segment);
              }
            });
    return merged;
  }

  /**
   * Returns the scale of the picture: the start fills it. What a background fetch takes longer gets
   * a shorter scale of its own.
   *
   * @param marks moments that belong to the start
   */
  TimeScale scale(List<Mark> marks) {
    var start = new ArrayList<Bar>();
    var background = new ArrayList<Bar>();
    marks.forEach(mark -> start.add(new Bar(Look.WAIT, mark.micros(), mark.micros())));
    files.forEach(row -> start.addAll(row.segments()));
    for (var row : layers) {
      for (var segment : row.segments()) {
        (segment.look() == Look.INDEX ? start : background).add(segment);
      }
    }
    long end = start.stream().mapToLong(Bar::to).max().orElse(0);
    long tail = background.stream().mapToLong(Bar::to).max().orElse(0);
    if (tail <= end * 4 / 3) {
      start.addAll(background);
    }
    return TimeScale.of(start, tail);
  }

  /**
   * Returns these where they are few. Else at most {@code keep} files keep their own lines, those
   * that were waited for longest; neighbours among the others are folded into one.
   *
   * @param few so many lines are left as they are
   */
  WaterfallRows folded(int few, int keep) {
    if (files.size() <= few) {
      return this;
    }
    var kept =
        files.stream()
            .filter(row -> row.waitedMicros() > 0 || row.failed())
            .sorted(
                Comparator.comparing(Row::failed).thenComparingLong(Row::waitedMicros).reversed())
            .limit(keep)
            .collect(Collectors.toSet());
    var lines = new ArrayList<Row>();
    var fold = new ArrayList<Row>();
    for (var row : files) {
      if (kept.contains(row)) {
        fold(fold, lines);
        lines.add(row);
      } else {
        fold.add(row);
      }
    }
    fold(fold, lines);
    return new WaterfallRows(layers, lines);
  }

  private static void fold(List<Row> fold, List<Row> lines) {
    if (fold.size() < 2) {
      lines.addAll(fold);
    } else {
      long waiting = fold.stream().filter(row -> row.waitedMicros() > 0).count();
      var label = "and " + fold.size() + " more files";
      if (waiting > 0) {
        label += ", " + waiting + " waited for";
      }
      var segments = fold.stream().flatMap(row -> row.segments().stream()).toList();
      lines.add(
          new Row(
              label,
              fold.size(),
              fold.stream().mapToLong(Row::bytes).sum(),
              fold.stream().mapToLong(Row::waitedMicros).sum(),
              fold.stream().anyMatch(Row::failed),
              merged(segments)));
    }
    fold.clear();
  }
}
