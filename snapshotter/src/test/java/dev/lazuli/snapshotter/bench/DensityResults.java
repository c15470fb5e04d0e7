package dev.lazuli.snapshotter.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** All points that were measured, and what is printed of them: medians. */
final class DensityResults {
  private final List<DensityPoint> points = new ArrayList<>();

  void add(DensityPoint point) {
    points.add(point);
  }

  /** Returns the pictures that there are, in the order of their measurement. */
  List<String> panels() {
    return points.stream().map(DensityPoint::panel).distinct().toList();
  }

  /** Returns who was measured. */
  List<String> ways() {
    return points.stream().map(DensityPoint::way).distinct().toList();
  }

  /** Returns the seconds by share of one way in one picture. */
  Map<Integer, Double> curve(String panel, String way) {
    return shares(panel).stream()
        .filter(share -> !Double.isNaN(median(panel, share, way, DensityPoint::seconds)))
        .collect(
            Collectors.toMap(
                share -> share, share -> median(panel, share, way, DensityPoint::seconds)));
  }

  /** Returns the table: a row for each share, a column for each way. */
  String table() {
    var text = new StringBuilder("| image, order, link | share % |");
    ways().forEach(way -> text.append(' ').append(way).append(" |"));
    text.append(" to the best other |\n| --- | ---: |");
    text.append(" ---: |".repeat(ways().size() + 1)).append('\n');
    for (var panel : panels()) {
      for (int share : shares(panel)) {
        text.append("| ").append(panel).append(" | ").append(share).append(" |");
        ways().forEach(way -> text.append(' ').append(cell(panel, share, way)).append(" |"));
        text.append(' ').append(ratio(panel, share)).append(" |\n");
      }
    }
    return text.toString();
  }

  private String cell(String panel, int share, String way) {
    double seconds = median(panel, share, way, DensityPoint::seconds);
    return Double.isNaN(seconds)
        ? ""
        : String.format(
            Locale.ROOT,
            "**%.2f s**, %.0f MB, %.0f",
            seconds,
            median(panel, share, way, DensityPoint::megabytes),
            median(panel, share, way, DensityPoint::requests));
  }

  /** Compares the first way of ours with the best of those that are not. */
  private String ratio(String panel, int share) {
    double ours = Double.NaN;
    double others = Double.NaN;
    for (var way : ways()) {
      double seconds = median(panel, share, way, DensityPoint::seconds);
      if (!way.startsWith("lazuli")) {
        others = Double.isNaN(others) ? seconds : Math.min(others, seconds);
      } else if (Double.isNaN(ours)) {
        ours = seconds;
      }
    }
    return Double.isNaN(ours / others) ? "" : String.format(Locale.ROOT, "%.2f", ours / others);
  }

  private List<Integer> shares(String panel) {
    return points.stream()
        .filter(point -> point.panel().equals(panel))
        .map(DensityPoint::share)
        .distinct()
        .sorted()
        .toList();
  }

  private double median(
      String panel, int share, String way, ToDoubleFunction<DensityPoint> figure) {
    var chosen =
        points.stream()
            .filter(point -> point.panel().equals(panel))
            .filter(point -> point.share() == share && point.way().equals(way))
            .toList();
    return Round.median(chosen, figure);
  }
}
