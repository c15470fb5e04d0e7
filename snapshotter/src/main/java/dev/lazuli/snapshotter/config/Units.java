package dev.lazuli.snapshotter.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and durations as people write them. */
public final class Units {
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,15}) ?(B|KiB|MiB|GiB|TiB|kB|KB|MB|GB|TB)");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,12}) ?(ms|s|m|h)");

  private Units() {}

  /**
   * Reads bytes: {@code 64MiB} (powers of 1024), {@code 10GB} (powers of 1000), {@code 0}.
   *
   * @throws IllegalArgumentException if the text is not a size
   */
  public static long parseSize(String text) {
    if (text.equals("0")) {
      return 0;
    }
    var match = match(SIZE, text);
    long factor =
        switch (match.group(2)) {
          case "B" -> 1L;
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          case "TiB" -> 1L << 40;
          case "kB", "KB" -> 1_000L;
          case "MB" -> 1_000_000L;
          case "GB" -> 1_000_000_000L;
          default -> 1_000_000_000_000L;
        };
    return multiply(match, factor, text);
  }

  /** Writes bytes in the largest binary unit that needs no fraction. */
  static String formatSize(long bytes) {
    if (bytes == 0) {
      return "0";
    }
    var units = new String[] {"B", "KiB", "MiB", "GiB", "TiB"};
    int unit = Math.min(Long.numberOfTrailingZeros(bytes) / 10, units.length - 1);
    return (bytes >> (10 * unit)) + units[unit];
  }

  /**
   * Reads {@code 250ms}, {@code 30s}, {@code 5m}, {@code 2h} or {@code 0}.
   *
   * @throws IllegalArgumentException if the text is not a duration
   */
  public static Duration parseDuration(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    var match = match(DURATION, text);
    long factor =
        switch (match.group(2)) {
          case "ms" -> 1;
          case "s" -> 1_000;
          case "m" -> 60_000;
          default -> 3_600_000;
        };
    return Duration.ofMillis(multiply(match, factor, text));
  }

  /** Writes a duration in the largest unit that needs no fraction. */
  static String formatDuration(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0) {
      return "0";
    }
    if (millis % 3_600_000 == 0) {
      return millis / 3_600_000 + "h";
    }
    if (millis % 60_000 == 0) {
      return millis / 60_000 + "m";
    }
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  private static Matcher match(Pattern pattern, String text) {
    var match = pattern.matcher(text.strip());
    if (!match.matches()) {
      throw new IllegalArgumentException(text);
    }
    return match;
  }

  private static long multiply(Matcher match, long factor, String text) {
    try {
      return Math.multiplyExact(Long.parseLong(match.group(1)), factor);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
