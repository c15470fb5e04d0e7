package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.snapshotter.waterfall.Row.Bar;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Maps times to places from 0 to 1. Long stretches in which nothing happened are cut down to a
 * narrow break, so that a container that started minutes after its image was pulled still shows.
 */
final class TimeScale {
  private static final double BREAK_WIDTH = 0.03;
  private static final long LEAST_BREAK_MICROS = 500_000;
  private static final int MOST_BREAKS = 6;
  private static final double TAIL_WIDTH = 0.15;

  /**
   * A stretch of time.
   *
   * @param kind how much room it gets
   * @param left its place, 0 to 1
   * @param right where it ends
   */
  record Piece(long fromMicros, long toMicros, Kind kind, double left, double right) {}

  /** How much room a stretch of time gets. */
  enum Kind {
    /** As much as its length asks for. */
    BUSY,
    /** Nothing happened: a narrow break. */
    PAUSE,
    /** What went on after the start, on a shorter scale. */
    TAIL
  }

  private final List<Piece> pieces;

  private TimeScale(List<Piece> pieces) {
    this.pieces = List.copyOf(pieces);
  }

  /**
   * Makes a scale for everything that happened, in any order; what is beyond its end is cut off.
   *
   * @param tailMicros until when something went on afterwards; may be before the end
   */
  static TimeScale of(List<Bar> happened, long tailMicros) {
    var busy = busy(happened);
    long active = busy.stream().mapToLong(stretch -> stretch.to() - stretch.from()).sum();
    var stretches = joined(busy, Math.max(LEAST_BREAK_MICROS, active / 2));
    return new TimeScale(pieces(stretches, tailMicros));
  }

  private record Stretch(long from, long to) {}

  private static List<Stretch> busy(List<Bar> happened) {
    var stretches = new ArrayList<Stretch>(List.of(new Stretch(0, 0)));
    happened.stream()
        .sorted(Comparator.comparingLong(Bar::from))
        .forEach(
            segment -> {
              var last = stretches.getLast();
              if (segment.from() <= last.to()) {
                stretches.removeLast();
                stretches.add(new Stretch(last.from(), Math.max(last.to(), segment.to())));
              } else {
                stretches.add(new Stretch(segment.from(), segment.to()));
              }
            });
    return stretches;
  }

  /**
   * Joins what is separated by pauses shorter than {@code pause}, and drops what comes too late.
   */
  private static List<Stretch> joined(List<Stretch> busy, long pause) {
    var joined = new ArrayList<Stretch>();
    for (var stretch : busy) {
      if (joined.isEmpty()) {
        joined.add(stretch);
      } else if (stretch.from() - joined.getLast().to() < pause) {
        joined.add(new Stretch(joined.removeLast().from(), stretch.to()));
      } else if (joined.size() <= MOST_BREAKS) {
        joined.add(stretch);
      }
    }
    return joined;
  }

  private static List<Piece> pieces(List<Stretch> stretches, long tailMicros) {
    boolean tail = tailMicros > stretches.getLast().to();
    double width = 1 - BREAK_WIDTH * (stretches.size() - 1) - (tail ? TAIL_WIDTH : 0);
    long active = Math.max(1, stretches.stream().mapToLong(s -> s.to() - s.from()).sum());
    var pieces = new ArrayList<Piece>();
    double at = 0;
    for (var stretch : stretches) {
      if (!pieces.isEmpty()) {
        long since = pieces.getLast().toMicros();
        pieces.add(new Piece(since, stretch.from(), Kind.PAUSE, at, at + BREAK_WIDTH));
        at += BREAK_WIDTH;
      }
      double right = at + width * (stretch.to() - stretch.from()) / active;
      pieces.add(new Piece(stretch.from(), stretch.to(), Kind.BUSY, at, right));
      at = right;
    }
    if (tail) {
      pieces.add(new Piece(stretches.getLast().to(), tailMicros, Kind.TAIL, at, 1));
    }
    return pieces;
  }

  /** Returns the place of a time, at most 1. */
  double place(long micros) {
    for (var piece : pieces) {
      if (micros <= piece.toMicros()) {
        double length = Math.max(1, piece.toMicros() - piece.fromMicros());
        double part = Math.max(0, micros - piece.fromMicros()) / length;
        return piece.left() + (piece.right() - piece.left()) * part;
      }
    }
    return 1;
  }

  /** Returns when the scale ends. */
  long endMicros() {
    return pieces.getLast().toMicros();
  }

  /** Returns the stretches that are cut down. */
  List<Piece> breaks() {
    return pieces.stream().filter(piece -> piece.kind() == Kind.PAUSE).toList();
  }

  /** Returns what is on a shorter scale, if there is such a stretch. */
  Optional<Piece> tail() {
    return Optional.of(pieces.getLast()).filter(piece -> piece.kind() == Kind.TAIL);
  }

  /**
   * A time that the axis names.
   *
   * @param words the time; after a pause, what has passed since the pause
   */
  record Tick(long micros, String words) {}

  /** Returns round times, about as many as asked for. */
  List<Tick> ticks(int about) {
    long active =
        pieces.stream()
            .filter(piece -> piece.kind() == Kind.BUSY)
            .mapToLong(piece -> piece.toMicros() - piece.fromMicros())
            .sum();
    long step = step(Math.max(1, active / Math.max(1, about)));
    var ticks = new ArrayList<Tick>();
    for (var piece : pieces) {
      if (piece.kind() == Kind.BUSY) {
        ticks.add(new Tick(piece.fromMicros(), Figures.tick(piece.fromMicros())));
        var sign = piece.fromMicros() == 0 ? "" : "+";
        for (long at = step; piece.fromMicros() + at <= piece.toMicros(); at += step) {
          ticks.add(new Tick(piece.fromMicros() + at, sign + Figures.tick(at)));
        }
      }
    }
    return ticks;
  }

  /** Returns {@code micros} rounded up to 1, 2, 5, 10, 20... milliseconds, in microseconds. */
  private static long step(long micros) {
    long power = 1000;
    while (power * 10 < micros) {
      power *= 10;
    }
    for (long times : new long[] {1, 2, 5}) {
      if (power * times >= micros) {
        return power * times;
      }
    }
    return power * 10;
  }
}
