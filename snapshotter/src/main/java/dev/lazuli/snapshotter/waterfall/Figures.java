package dev.lazuli.snapshotter.waterfall;

import java.util.Locale;

/** Times and sizes as people read them. */
final class Figures {
  private Figures() {}

  /** Returns a time in at most four digits: {@code 0.4 ms}, {@code 231 ms}, {@code 4.02 s}. */
  static String time(long micros) {
    if (micros < 10_000) {
      return String.format(Locale.ROOT, "%.1f ms", micros / 1e3);
    }
    if (micros < 999_500) {
      return Math.round(micros / 1e3) + " ms";
    }
    if (micros < 120_000_000) {
      return String.format(Locale.ROOT, "%.2f s", micros / 1e6);
    }
    long minutes = micros / 60_000_000;
    return minutes < 120 ? minutes + " min" : minutes / 60 + " h";
  }

  /** Returns a round time without decimals that say nothing: {@code 5 ms}, {@code 2 s}. */
  static String tick(long micros) {
    return time(micros).replace(".0 ms", " ms").replace(".00 s", " s");
  }

  /** Returns a size in at most four digits: {@code 512 B}, {@code 4.1 kB}, {@code 48.7 MB}. */
  static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    double value = bytes / 1e3;
    int unit = 0;
    while (value >= 999.5 && unit < 3) {
      value /= 1e3;
      unit++;
    }
    return String.format(
        Locale.ROOT, value < 99.95 ? "%.1f %cB" : "%.0f %cB", value, "kMGT".charAt(unit));
  }

  /** Returns a part in percent; only all of it is 100 %. */
  static String share(long part, long whole) {
    if (whole <= 0) {
      return "0 %";
    }
    return part >= whole ? "100 %" : Math.min(99, Math.round(100.0 * part / whole)) + " %";
  }

  /** Returns a number with its noun: {@code 1 read}, {@code 2 reads}. */
  static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
