package dev.lazuli.snapshotter.fetch.plan;

import java.time.Duration;

/** Gives each waiting reader its one answer. Guarded by the scheduler. */
final class ReaderAnswers {
  /** How long who reads piece after piece may take for one of them: 50 ms. */
  private static final long LATELY_NANOS = 50_000_000;

  private final Readers readers;
  private final Effects effects;
  private final LowDispatch low;
  private final Duration deadline;
  private long lastServed;
  private boolean anyServed;

  /**
   * Makes it.
   *
   * @param deadline how long a reader waits before it gets an error
   */
  ReaderAnswers(Readers readers, Effects effects, LowDispatch low, Duration deadline) {
    this.readers = readers;
    this.effects = effects;
    this.low = low;
    this.deadline = deadline;
  }

  void serve(WaitingReader reader, long now) {
    if (readers.remove(reader)) {
      effects.add(new Effect.Served(reader, now - reader.demand().since()));
      weigh(reader.layer(), reader.demand().since(), now);
      lastServed = now;
      anyServed = true;
      calmDown(reader);
    }
  }

  void fail(WaitingReader reader, FetchFailedException reason) {
    if (readers.remove(reader)) {
      effects.add(new Effect.Failed(reader, reason));
      calmDown(reader);
    }
  }

  /** The reader wants no answer any more; returns whether it waited for one. */
  boolean withdraw(WaitingReader reader) {
    boolean waited = readers.remove(reader);
    if (waited) {
      calmDown(reader);
    }
    return waited;
  }

  /** Fails who waits for a chunk that has come wrong too often. */
  void failWrong(LayerState layer, int chunk, int times, Throwable failure) {
    for (Demand demand : layer.demands().wanting(chunk, chunk + 1)) {
      fail(
          new WaitingReader(layer, demand),
          FetchFailedException.wrongBytes(layer.chunks(), chunk, times, failure));
    }
  }

  /** Fails who waits for a layer that was detached. */
  void failDetached(LayerState layer) {
    for (Demand demand : layer.demands().all()) {
      fail(
          new WaitingReader(layer, demand),
          FetchFailedException.detached(layer.chunks(), demand.from()));
    }
  }

  /** Answers those whose deadline has passed. */
  void tick(long now) {
    for (WaitingReader reader : readers.waitingFor(deadline.toNanos(), now)) {
      expire(reader, now);
    }
  }

  private void expire(WaitingReader reader, long now) {
    int chunk = reader.nextMissing();
    if (chunk < 0) {
      serve(reader, now);
      return;
    }
    Demand demand = reader.demand();
    fail(
        reader,
        FetchFailedException.deadline(
            reader.layer().chunks(), chunk, deadline, demand.attempts(), demand.lastFailure()));
  }

  /** Returns whether a reader was served a moment ago: it may well want more. */
  boolean servedLately(long now) {
    anyServed &= now - lastServed < LATELY_NANOS;
    return anyServed;
  }

  private void weigh(LayerState layer, long since, long now) {
    if (layer.density().served(since, now, layer.flights())) {
      layer.low().bringWhole();
      low.wake(layer);
      layer.flights().all().forEach(Flight::becomesPrefetch);
      effects.add(new Effect.Wake());
    }
  }

  /** Streams are as urgent as those make them who still wait. */
  private static void calmDown(WaitingReader gone) {
    LayerState layer = gone.layer();
    for (Flight flight : layer.flights().all()) {
      if (flight.isUrgent() && gone.demand().wants(flight.position(), flight.end())) {
        flight.calmDown(layer.demands().wantedUntil(flight.position(), flight.end()));
      }
    }
  }
}
