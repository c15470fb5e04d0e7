package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Sees that each missing chunk of each waiting reader is carried by a stream, or that the reader is
 * in the line for a permit. Guarded by the scheduler.
 */
final class DemandDispatch {
  private final Readers readers;
  private final ReaderAnswers answers;
  private final OpenStreams streams;
  private final Permits permits;
  private final Shares shares;
  private final LowDispatch low;
  private final Effects effects;

  /** Readers for whose chunks streams may have to be started. */
  private final Deque<WaitingReader> pending = new ArrayDeque<>();

  DemandDispatch(
      Readers readers,
      ReaderAnswers answers,
      OpenStreams streams,
      Permits permits,
      Shares shares,
      LowDispatch low,
      Effects effects) {
    this.readers = readers;
    this.answers = answers;
    this.streams = streams;
    this.permits = permits;
    this.shares = shares;
    this.low = low;
    this.effects = effects;
  }

  /** The reader is seen to with the next {@link #start}. */
  void add(WaitingReader reader) {
    pending.add(reader);
  }

  /** Serves the reader, or sees to it that its chunks are carried when it is due. */
  void look(WaitingReader reader, long now) {
    if (reader.nextMissing() < 0) {
      answers.serve(reader, now);
    } else if (reader.demand().isDue(now)) {
      pending.add(reader);
    } else {
      readers.retryLater(reader);
    }
  }

  /** As {@link #look}, but those in line go first: the reader's permit was taken for them. */
  void lookInTurn(WaitingReader reader, long now) {
    if (readers.anyQueued() && reader.nextMissing() >= 0 && reader.demand().isDue(now)) {
      readers.queue(reader, now);
    } else {
      look(reader, now);
    }
  }

  /** Looks again at the readers that were left alone until now. */
  void tick(long now) {
    pending.addAll(readers.takeRetries(now));
  }

  /** Starts what may be started now. */
  void start(long now) {
    do {
      while (!pending.isEmpty()) {
        WaitingReader reader = pending.removeFirst();
        if (reader.isWaiting() && reader.demand().isDue(now)) {
          carry(reader, now);
        }
      }
      LayerState next = permits.isFree() ? readers.nextInLine(shares::rank) : null;
      if (next != null) {
        pending.add(readers.takeQueued(next, now));
      }
    } while (!pending.isEmpty());
  }

  /** Sees that every missing chunk of a reader is carried, or puts it into the line for permits. */
  private void carry(WaitingReader reader, long now) {
    LayerState layer = reader.layer();
    int to = reader.demand().to();
    int chunk = reader.nextMissing();
    if (chunk < 0) {
      answers.serve(reader, now);
    }
    while (chunk >= 0) {
      Flight carrier = layer.flights().carrier(chunk);
      boolean alone = layer.density().isDense();
      if (carrier != null && permits.isFree() && !layer.isNear(carrier, chunk, to)) {
        carrier.giveAway(chunk, Math.min(to, carrier.carriedUpTo(chunk)));
        carrier = null;
        alone = true;
      }
      if (carrier == null) {
        if (!permits.isFree()) {
          readers.queue(reader, now);
          return;
        }
        carrier = open(layer, layer.planner().forDemand(chunk, to, alone, now), now);
      }
      if (!carrier.isUrgent()) {
        effects.add(new Effect.Wake());
      }
      carrier.urge(Math.min(to, carrier.end()));
      readAhead(layer, chunk);
      int behind = carrier.carriedUpTo(chunk);
      chunk = behind < to ? layer.chunks().nextMissing(behind, to) : -1;
    }
    readers.leaveLine(reader);
  }

  /** Opens a stream, and looks again at those in line whose chunks it carries. */
  private Flight open(LayerState layer, List<ChunkRun> runs, long now) {
    Flight flight = streams.open(layer, runs, Priority.ON_DEMAND);
    for (Demand demand : layer.demands().wanting(flight.from(), flight.end())) {
      var other = new WaitingReader(layer, demand);
      if (demand.isDue(now) && demand.wantsAny(runs)) {
        flight.urge(Math.min(demand.to(), flight.end()));
        if (readers.isQueued(other)) {
          pending.add(other);
        }
      }
    }
    return flight;
  }

  /** Fetches ahead of a reader that reads on, with what is left of half of the permits. */
  private void readAhead(LayerState layer, int chunk) {
    if (readers.anyQueued() || permits.taken() >= permits.half()) {
      return;
    }
    List<ChunkRun> runs = layer.planner().ahead(chunk);
    if (!runs.isEmpty()) {
      Flight flight = streams.open(layer, runs, Priority.ON_DEMAND);
      flight.urge(flight.end());
    }
  }

  /** Takes chunks away from a stream; who waits for them is looked at again. */
  void cut(LayerState layer, Flight flight, int chunk) {
    int end = flight.end();
    flight.endBefore(chunk);
    layer.low().rewind(chunk);
    low.wake(layer);
    for (Demand demand : layer.demands().wanting(chunk, end)) {
      pending.add(new WaitingReader(layer, demand));
    }
  }
}
