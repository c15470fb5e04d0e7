package dev.lazuli.snapshotter.bench;

import java.util.Arrays;
import java.util.Locale;

/** What a layer is, and who made it. */
enum BenchFormat {
  /** As everybody has it, at gzip's usual level. */
  GZIP,
  /** eStargz by {@code lazuli convert}. */
  LAZULI,
  /** eStargz by {@code ctr-remote image convert}. */
  CTR_REMOTE;

  /**
   * Returns the format with this word.
   *
   * @throws IllegalArgumentException if there is none
   */
  static BenchFormat parse(String word) {
    return Arrays.stream(values())
        .filter(format -> format.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "\"" + word + "\" is no format; gzip, lazuli and ctr-remote are"));
  }

  /** Returns the word for it on the command line. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns the tag in layouts of an image, or of a layer kept as an image of its own. */
  String tag(String name) {
    return name + "-" + word();
  }
}
