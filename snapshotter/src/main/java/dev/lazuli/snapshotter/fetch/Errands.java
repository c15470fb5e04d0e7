package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.snapshotter.fetch.plan.Demand;
import dev.lazuli.snapshotter.fetch.plan.Effect;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.LayerState;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the state of events and does what it wants done, without its lock: starts and ends streams,
 * seals layers, completes what others wait for. Thread-safe.
 */
final class Errands {
  private static final Logger log = LoggerFactory.getLogger(Errands.class);

  private final GuardedState state;
  private final FetchListener listener;
  private final Gate gate;
  private final StreamParts parts;
  private final Map<LayerState, AttachedLayer> layers = new ConcurrentHashMap<>();
  private final Map<Flight, FetchStream> streams = new ConcurrentHashMap<>();

  /**
   * Makes it.
   *
   * @param toldBy makes what streams tell their news to
   */
  Errands(
      GuardedState state,
      FetchListener listener,
      Gate gate,
      ChunkDecoder decoder,
      LongSupplier clock,
      NewsDesk toldBy) {
    this.state = state;
    this.listener = listener;
    this.gate = gate;
    this.parts = new StreamParts(toldBy.open(this), listener, decoder, gate, clock);
  }

  /** Makes what streams tell their news to. */
  @FunctionalInterface
  interface NewsDesk {
    StreamEvents open(Errands errands);
  }

  /** Tells the state of an event, and does what it wants done, even if the event fails. */
  void tell(GuardedState.Event event) {
    state.change(event, effects -> effects.forEach(this::carryOut));
  }

  /** Takes a layer, of which the state is to be told next. */
  void add(AttachedLayer layer) {
    layers.put(layer.state(), layer);
  }

  /** Returns the layers that something may still work on. */
  Collection<AttachedLayer> layers() {
    return List.copyOf(layers.values());
  }

  /**
   * Runs what completes a future: what depends on it may block. Where there is no thread for it, it
   * is run here, since readers would otherwise wait until their deadline and beyond.
   */
  static void notify(Runnable completion) {
    try {
      Thread.ofVirtual().name("lazuli-fetch-notify").start(completion);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      completion.run();
    }
  }

  /** Reports an error that nobody expected. */
  void unexpected(String thread, Throwable error) {
    log.error("{}: unexpected error", thread, error);
    listener.unexpected(thread, error);
  }

  /** The stream works no more: the state is to be told next. */
  void ended(Flight flight) {
    streams.remove(flight);
  }

  private void carryOut(Effect effect) {
    try {
      switch (effect) {
        case Effect.Open open -> openStream(open.layer(), open.flight());
        case Effect.End end -> endStream(end.flight());
        case Effect.Served served -> notify(() -> served(served));
        case Effect.Failed failed -> notify(() -> failed(failed));
        case Effect.Done done -> notify(() -> done.future().complete(null));
        case Effect.Dropped dropped -> notify(() -> dropped.future().cancel(false));
        case Effect.Refused refused ->
            notify(() -> refused.future().completeExceptionally(refused.reason()));
        case Effect.Seal seal -> seal(seal.layer());
        case Effect.Release release -> release(release.layer());
        case Effect.Wake _ -> gate.poke();
      }
    } catch (RuntimeException | Error e) { // The effects after it must be carried out.
      unexpected("lazuli-fetch", e);
    }
  }

  private void served(Effect.Served served) {
    Demand demand = served.reader().demand();
    String layer = served.reader().layer().chunks().layer();
    try {
      listener.demandServed(layer, demand.from(), demand.to(), served.nanos());
    } finally {
      demand.answer().complete(null);
    }
  }

  private void failed(Effect.Failed failed) {
    String layer = failed.reader().layer().chunks().layer();
    try {
      listener.demandFailed(layer, failed.reason());
    } finally {
      failed.reader().demand().answer().completeExceptionally(failed.reason());
    }
  }

  private void openStream(LayerState of, Flight flight) {
    AttachedLayer layer = Objects.requireNonNull(layers.get(of));
    var stream = new FetchStream(parts, layer, flight);
    streams.put(flight, stream);
    endStream(flight); // If its end was decided, and carried out, before this.
    try {
      Thread.ofVirtual().name("lazuli-fetch-" + layer.data().slot()).start(stream);
    } catch (RuntimeException | Error e) {
      parts.events().ended(layer, flight, e, false);
      throw e;
    }
  }

  private void endStream(Flight flight) {
    FetchStream stream = streams.get(flight);
    IOException reason = flight.endReason();
    if (stream != null && reason != null) {
      stream.end(reason);
    }
  }

  private void seal(LayerState of) {
    AttachedLayer layer = layers.get(of);
    if (layer == null) {
      tell((state, now) -> state.sealEnded(of, /* sealed= */ false, /* failed= */ false, now));
      return;
    }
    var sealer = new Sealer(layer, listener, (whole, failure) -> sealEnded(of, whole, failure));
    try {
      Thread.ofVirtual().name("lazuli-fetch-seal").start(sealer);
    } catch (RuntimeException | Error e) {
      sealEnded(of, /* sealed= */ false, e);
    }
  }

  private void sealEnded(LayerState of, boolean sealed, @Nullable Throwable failure) {
    if (failure != null && !(failure instanceof IOException)) {
      unexpected("lazuli-fetch-seal", failure);
    }
    tell((state, now) -> state.sealEnded(of, sealed, failure != null, now));
  }

  private void release(LayerState of) {
    AttachedLayer layer = layers.remove(of);
    if (layer != null) {
      layer.data().close();
    }
  }
}
