package dev.lazuli.snapshotter.cli.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Prints two starts side by side. */
record Report(long imageBytes, Way way, Start lazy, Start full) {

  void print(PrintStream out) {
    var started = way.kind() == Way.Kind.IN_PROCESS ? "its files read after" : "first output after";
    var usable = way.kind() == Way.Kind.IN_PROCESS ? "indexed after" : "mounted after";
    out.println();
    out.printf(Locale.ROOT, "  %-26s %12s %12s%n", "", "lazily", "full pull");
    row(out, usable, time(lazy.ready()), time(full.ready()));
    row(out, started, time(lazy.output()), time(full.output()));
    row(out, "bytes fetched until then", size(lazy.bytes()), size(full.bytes()));
    row(out, "  of the image's " + size(imageBytes), share(lazy.bytes()), share(full.bytes()));
    row(out, "requests until then", lazy.requests() + "", full.requests() + "");
    row(out, "whole image here after", time(lazy.complete()), time(full.complete()));
    out.println();
    out.println("  " + lazy.text());
  }

  private static void row(PrintStream out, String name, String lazily, String fully) {
    out.printf(Locale.ROOT, "  %-26s %12s %12s%n", name, lazily, fully);
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
