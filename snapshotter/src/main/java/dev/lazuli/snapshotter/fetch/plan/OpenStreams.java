package dev.lazuli.snapshotter.fetch.plan;

import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The open streams of the node, each with its permit. Guarded by the scheduler. */
final class OpenStreams {
  private final Permits permits;
  private final Effects effects;

  /** Layers with streams. */
  private final Set<LayerState> flying = new LinkedHashSet<>();

  OpenStreams(Permits permits, Effects effects) {
    this.permits = permits;
    this.effects = effects;
  }

  /** Opens a stream, for which there is a permit. */
  Flight open(LayerState layer, List<ChunkRun> runs, Priority basePriority) {
    var flight = new Flight(layer.chunks(), runs, basePriority);
    permits.take(layer.origin(), basePriority);
    layer.flights().add(flight);
    flying.add(layer);
    effects.add(new Effect.Open(layer, flight));
    return flight;
  }

  /** Has a stream end as soon as it notices. */
  void end(Flight flight, IOException reason) {
    flight.ends(reason);
    effects.add(new Effect.End(flight));
    effects.add(new Effect.Wake());
  }

  /** The stream works no more. */
  void ended(LayerState layer, Flight flight) {
    layer.flights().remove(flight);
    layer.density().ended(flight.meter().bytes());
    permits.giveBack(layer.origin(), flight.basePriority());
    if (layer.flights().isEmpty()) {
      flying.remove(layer);
    }
  }

  /** Marks the streams that only bring neighbours of what readers wanted. */
  void markUnwanted(boolean readersLackPermits) {
    for (LayerState layer : flying) {
      for (Flight flight : layer.flights().all()) {
        flight.unwanted(
            readersLackPermits
                && flight.basePriority() == Priority.ON_DEMAND
                && !flight.isUrgent());
      }
    }
  }

  int count() {
    return permits.taken();
  }

  /** Returns how many there are of those that were opened for this. */
  long count(Priority basePriority) {
    return all().filter(flight -> flight.basePriority() == basePriority).count();
  }

  /** Returns how many bytes the open streams have yet to bring to the disk. */
  long promisedBytes() {
    return all().mapToLong(Flight::diskBytesLeft).sum();
  }

  boolean isEmpty() {
    return flying.isEmpty();
  }

  /** Returns the layers with streams, always as they are now. */
  Collection<LayerState> layers() {
    return Collections.unmodifiableSet(flying);
  }

  Stream<Flight> all() {
    return flying.stream().flatMap(layer -> layer.flights().all().stream());
  }
}
