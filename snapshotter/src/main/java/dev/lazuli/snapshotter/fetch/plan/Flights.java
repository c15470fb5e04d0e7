package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The streams at work for one layer; no two carry the same chunk. Guarded by the scheduler. */
public final class Flights {
  private final List<Flight> flights = new ArrayList<>();

  void add(Flight flight) {
    flights.add(flight);
  }

  void remove(Flight flight) {
    flights.remove(flight);
  }

  int count() {
    return flights.size();
  }

  boolean isEmpty() {
    return flights.isEmpty();
  }

  /** Returns them as they are now, not to be changed. */
  public List<Flight> all() {
    return Collections.unmodifiableList(flights);
  }

  /** Returns the stream that will bring the chunk. */
  @Nullable Flight carrier(int chunk) {
    for (Flight flight : flights) {
      if (flight.carries(chunk)) {
        return flight;
      }
    }
    return null;
  }
}
