package dev.lazuli.snapshotter.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The rounds of one image over one link, and their rows in a table: medians. */
final class StartsTable {
  private final String title;
  private final Map<BenchWay, Map<DaemonState, List<Round>>> rounds = new LinkedHashMap<>();

  StartsTable(String title) {
    this.title = title;
  }

  /** Prints what is above all rows. */
  static void printHead() {
    var columns =
        List.of(
            "image, link",
            "by",
            "pull s",
            "run s",
            "**fresh s**",
            "warm s",
            "idle s",
            "bound s",
            "MB",
            "needed MB",
            "requests",
            "all here s",
            "all MB",
            "requests",
            "CPU s",
            "peak MB");
    System.out.println("| " + String.join(" | ", columns) + " |");
    System.out.println("| --- | --- |" + " ---: |".repeat(columns.size() - 2));
  }

  void add(BenchWay way, DaemonState state, Round round) {
    rounds
        .computeIfAbsent(way, _ -> new EnumMap<>(DaemonState.class))
        .computeIfAbsent(state, _ -> new ArrayList<>())
        .add(round);
  }

  /** Returns what the same start takes from the local disk, as overlayfs showed it. */
  double local() {
    return base(Round::again);
  }

  /** Prints a row for each way that was measured. */
  void print(double boundSeconds, double neededMegabytes) {
    for (var way : rounds.keySet()) {
      System.out.println(row(way, boundSeconds, neededMegabytes));
    }
  }

  private String row(BenchWay way, double bound, double needed) {
    var states = rounds.getOrDefault(way, Map.of());
    var whole = Round.median(states.getOrDefault(DaemonState.FRESH, List.of()));
    double base = way.overlayfs() ? Double.NaN : base(Round::total);
    boolean bounded = !way.overlayfs();
    return "| "
        + String.join(
            " | ",
            title,
            way.title(),
            figure("%.2f", whole.pull()),
            figure("%.2f", whole.run()),
            compared("**%.2f**", whole.total(), base),
            compared("%.2f", total(states, DaemonState.WARM), base),
            compared("%.2f", total(states, DaemonState.IDLE), base),
            bounded ? boundOf(bound, whole.total()) : "",
            figure("%.1f", whole.megabytes()),
            bounded ? figure("%.1f", needed) : "",
            figure("%.0f", whole.requests()),
            compared(
                "%.2f", whole.complete(), way.overlayfs() ? Double.NaN : base(Round::complete)),
            figure("%.1f", whole.allMegabytes()),
            figure("%.0f", whole.allRequests()),
            compared("%.2f", whole.cpu(), way.overlayfs() ? Double.NaN : base(Round::cpu)),
            figure("%.0f", whole.peak()))
        + " |";
  }

  /** Returns a median of overlayfs; NaN if it was not measured. */
  private double base(ToDoubleFunction<Round> figure) {
    return rounds.entrySet().stream()
        .filter(entry -> entry.getKey().overlayfs())
        .mapToDouble(
            entry ->
                Round.median(entry.getValue().getOrDefault(DaemonState.FRESH, List.of()), figure))
        .findFirst()
        .orElse(Double.NaN);
  }

  private static double total(Map<DaemonState, List<Round>> states, DaemonState state) {
    return Round.median(states.getOrDefault(state, List.of()), Round::total);
  }

  /** Returns the bound, and how many times it the start took. */
  private static String boundOf(double bound, double total) {
    return Double.isNaN(bound)
        ? ""
        : String.format(Locale.ROOT, "%.2f (%.2f)", bound, total / bound);
  }

  /** Returns a figure, with its ratio to another in brackets where there is one. */
  private static String compared(String format, double value, double base) {
    var text = figure(format, value);
    return text.isEmpty() || Double.isNaN(base)
        ? text
        : text + String.format(Locale.ROOT, " (%.2f)", value / base);
  }

  /** Returns a figure, or nothing where it was not measured. */
  private static String figure(String format, double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
  }
}
