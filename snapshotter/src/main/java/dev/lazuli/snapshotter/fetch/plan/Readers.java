package dev.lazuli.snapshotter.fetch.plan;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * All waiting readers of the node: when their deadlines are, which are left alone for a while, and
 * which wait for a permit, their layers in turn. Nothing here walks over all of them. Guarded by
 * the scheduler.
 */
final class Readers {
  /** Bounds the work for one permit where the readers of very many layers wait. */
  private static final int MOST_LINES_SEEN = 1024;

  /** From this many readers of all layers on, a layer that has many gets no more. */
  private static final int CROWD = 12_000;

  /**
   * As many readers as all layers may have together, apart from the few that each may have. Their
   * reads wait in the FUSE session, which takes 16,384 in the background; the rest is for reads of
   * content that is present.
   */
  private static final int MOST = 15_000;

  private static final int FEW = 16;

  /** A reader that is left alone. */
  private record Retry(long at, long number, WaitingReader reader) {
    static final Comparator<Retry> ORDER =
        (a, b) -> a.at == b.at ? Long.compare(a.number, b.number) : Long.signum(a.at - b.at);
  }

  /** Readers of one layer that wait for a permit, without a turn since {@code since}. */
  private static final class Line {
    final SequencedSet<WaitingReader> readers = new LinkedHashSet<>();
    long since;

    Line(long since) {
      this.since = since;
    }
  }

  private final SequencedSet<WaitingReader> bySince = new LinkedHashSet<>();
  private final NavigableSet<Retry> retries = new TreeSet<>(Retry.ORDER);
  private final Map<WaitingReader, Retry> retryOf = new LinkedHashMap<>();
  private final SequencedMap<LayerState, Line> lines = new LinkedHashMap<>();
  private long number;

  /** Adds a reader; those before it have waited for as long or longer. */
  void add(WaitingReader reader) {
    reader.layer().demands().add(reader.demand());
    bySince.add(reader);
  }

  /** Removes a reader; returns whether it was there. */
  boolean remove(WaitingReader reader) {
    if (!reader.layer().demands().remove(reader.demand())) {
      return false;
    }
    bySince.remove(reader);
    noRetry(reader);
    leaveLine(reader);
    return true;
  }

  int count() {
    return bySince.size();
  }

  /** Returns how many wait, and for how long the first of them has. */
  WaitingReads waiting(long now) {
    return bySince.isEmpty()
        ? WaitingReads.NONE
        : new WaitingReads(count(), now - bySince.getFirst().demand().since());
  }

  /**
   * Returns whether a layer with so many readers has its share: in a crowd, as many as there is
   * still room for. So each next layer that wants them all leaves half of the room to others.
   */
  boolean hasShare(int waiting) {
    return count() >= CROWD && waiting >= Math.max(FEW, MOST - count());
  }

  /** Returns whether any reader waits that is not left alone. */
  boolean anyDue() {
    return bySince.size() > retries.size();
  }

  /** Returns the readers who have waited for {@code nanos} or longer. */
  List<WaitingReader> waitingFor(long nanos, long now) {
    var found = new ArrayList<WaitingReader>();
    for (WaitingReader reader : bySince) {
      if (now - reader.demand().since() < nanos) {
        break;
      }
      found.add(reader);
    }
    return found;
  }

  /** Leaves a reader alone until its time to retry. */
  void retryLater(WaitingReader reader) {
    noRetry(reader);
    leaveLine(reader);
    var retry = new Retry(reader.demand().retryAt(), number++, reader);
    retries.add(retry);
    retryOf.put(reader, retry);
  }

  private void noRetry(WaitingReader reader) {
    Retry retry = retryOf.remove(reader);
    if (retry != null) {
      retries.remove(retry);
    }
  }

  /** Takes out and returns the readers that are no longer left alone. */
  List<WaitingReader> takeRetries(long now) {
    var due = new ArrayList<WaitingReader>();
    while (!retries.isEmpty() && retries.first().at() - now <= 0) {
      WaitingReader reader = retries.first().reader();
      noRetry(reader);
      due.add(reader);
    }
    return due;
  }

  /** Puts a reader into the line of its layer, if it is not there yet. */
  void queue(WaitingReader reader, long now) {
    lines.computeIfAbsent(reader.layer(), _ -> new Line(now)).readers.add(reader);
  }

  /** Returns whether a reader waits for a permit. */
  boolean anyQueued() {
    return !lines.isEmpty();
  }

  /** Returns whether the reader waits for a permit. */
  boolean isQueued(WaitingReader reader) {
    Line line = lines.get(reader.layer());
    return line != null && line.readers.contains(reader);
  }

  /**
   * Returns the layer whose readers get the next permit: of those with the least rank the one that
   * has had no turn for longest. Only the first layers in line are looked at.
   */
  @Nullable LayerState nextInLine(ToIntFunction<LayerState> rank) {
    LayerState next = null;
    int least = Integer.MAX_VALUE;
    int seen = 0;
    for (LayerState layer : lines.keySet()) {
      int its = rank.applyAsInt(layer);
      if (its < least) {
        least = its;
        next = layer;
      }
      if (least == 0 || ++seen == MOST_LINES_SEEN) {
        break;
      }
    }
    return next;
  }

  /** Returns for how long the layer has had no turn. */
  long inLineFor(LayerState layer, long now) {
    Line line = lines.get(layer);
    return line == null ? 0 : now - line.since;
  }

  /** A permit was taken from another for the layer: of those with the same rank it is the next. */
  void toTheFront(LayerState layer) {
    Line line = lines.get(layer);
    if (line != null) {
      lines.putFirst(layer, line);
    }
  }

  /**
   * Takes the first reader out of the layer's line. It is then the turn of other origins, however
   * many layers of this one wait, and within this one of the other layers.
   */
  WaitingReader takeQueued(LayerState layer, long now) {
    Line line = requireNonNull(lines.remove(layer));
    WaitingReader reader = line.readers.removeFirst();
    for (LayerState other : List.copyOf(lines.keySet())) {
      if (other.origin().equals(layer.origin())) {
        lines.putLast(other, requireNonNull(lines.get(other)));
      }
    }
    if (!line.readers.isEmpty()) {
      line.since = now;
      lines.putLast(layer, line);
    }
    return reader;
  }

  /** Takes a reader out of its layer's line, if it is there. */
  void leaveLine(WaitingReader reader) {
    Line line = lines.get(reader.layer());
    if (line != null && line.readers.remove(reader) && line.readers.isEmpty()) {
      lines.remove(reader.layer());
    }
  }
}
