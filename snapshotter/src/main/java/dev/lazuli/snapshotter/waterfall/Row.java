package dev.lazuli.snapshotter.waterfall;

import java.util.List;
import java.util.Locale;

/**
 * One line of the picture.
 *
 * @param label what it shows: a file's path, or a few words
 * @param files how many files it stands for; 0 for a layer
 * @param bytes their content that came
 * @param waitedMicros how long readers waited, summed
 * @param failed whether a reader got an error
 * @param segments what happened, in order
 */
record Row(
    String label, int files, long bytes, long waitedMicros, boolean failed, List<Bar> segments) {
  Row {
    segments = List.copyOf(segments);
  }

  /** How a segment looks. */
  enum Look {
    INDEX("index fetched and compiled"),
    WAIT("a read waits"),
    DEMAND("arrives, a read waits for it"),
    NEIGHBOUR("comes along with the same request"),
    PREFETCH("prefetched"),
    DISK("found on this disk"),
    BACKGROUND("background fetch");

    private final String meaning;

    Look(String meaning) {
      this.meaning = meaning;
    }

    String meaning() {
      return meaning;
    }

    String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Look of(ArrivalReason source) {
      return switch (source) {
        case DEMAND -> DEMAND;
        case NEIGHBOUR -> NEIGHBOUR;
        case PREFETCH -> PREFETCH;
        case BACKGROUND -> BACKGROUND;
        case DISK -> DISK;
      };
    }
  }

  /** Something that took from {@code from} to {@code to}, in microseconds. */
  record Bar(Look look, long from, long to) {
    Bar {
      to = Math.max(from, to);
    }
  }

  long from() {
    return segments.stream().mapToLong(Bar::from).min().orElse(0);
  }

  long to() {
    return segments.stream().mapToLong(Bar::to).max().orElse(0);
  }
}
