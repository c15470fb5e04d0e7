package dev.lazuli.snapshotter.cli.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;

/** Prints the starts side by side. */
record Report(long imageBytes, Way way, Starts starts) {

  void print(PrintStream out) {
    boolean inProcess = way.kind() == Way.Kind.IN_PROCESS;
    var started = inProcess ? "its files read after" : "first output after";
    var usable = inProcess ? "indexed after" : "mounted after";
    out.println();
    line(out, "", "lazily", "optimised", "full pull");
    row(out, usable, start -> time(start.ready()));
    row(out, started, start -> time(start.output()));
    row(out, "bytes fetched until then", start -> size(start.bytes()));
    row(out, "  of the image's " + size(imageBytes), start -> share(start.bytes()));
    row(out, "requests until then", start -> Long.toString(start.requests()));
    row(out, "whole image here after", start -> time(start.complete()));
    out.println();
    out.println("  The first start also warms up this process; a daemon is already warm.");
    out.println("  " + starts.plain().text());
  }

  private void row(PrintStream out, String name, Function<Start, String> figure) {
    line(
        out,
        name,
        figure.apply(starts.plain()),
        figure.apply(starts.optimised()),
        figure.apply(starts.full()));
  }

  private static void line(PrintStream out, String name, String... figures) {
    out.printf(Locale.ROOT, "  %-26s %11s %11s %11s%n", name, figures[0], figures[1], figures[2]);
  }

  private String share(long bytes) {
    return Math.round(100.0 * bytes / imageBytes) + " %";
  }

  static String time(Duration time) {
    return time.toMillis() + " ms";
  }

  static String size(long bytes) {
    return bytes < 1_000_000
        ? (bytes + 999) / 1000 + " kB"
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
