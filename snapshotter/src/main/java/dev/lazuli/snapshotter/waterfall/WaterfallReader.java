package dev.lazuli.snapshotter.waterfall;

import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.waterfall.LayerEvents.Event;
import dev.lazuli.snapshotter.waterfall.Waterfall.Arrival;
import dev.lazuli.snapshotter.waterfall.Waterfall.LayerLine;
import dev.lazuli.snapshotter.waterfall.Waterfall.Range;
import dev.lazuli.snapshotter.waterfall.Waterfall.Wait;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Makes waterfalls of a record. Memory is that of the answer; the layers' tables and images are
 * read in place.
 *
 * @param record where the events are
 */
public record WaterfallReader(StartRecord record) {
  /**
   * Tells an image's start.
   *
   * @param image the image's reference, as its client wrote it
   * @param layers its layers; open until this returns
   * @param began when the start began; empty: when the first layer was asked for
   * @throws IOException if a metadata image cannot be read
   */
  public Waterfall read(String image, List<LayerData> layers, Optional<Instant> began)
      throws IOException {
    var events =
        layers.stream().map(layer -> record.events(layer.record().digest().toString())).toList();
    long zero = began.map(this::micros).orElseGet(() -> firstRequest(image, events));
    var lines = new ArrayList<LayerLine>();
    var ranges = new ArrayList<Range>();
    var arrivals = new ArrayList<Arrival>();
    var waits = new ArrayList<Wait>();
    for (int i = 0; i < layers.size(); i++) {
      var layer = new RecordedLayer(layers.get(i), i, zero);
      layer.take(events.get(i));
      layer.name();
      lines.add(layer.line(record.dropped(layers.get(i).record().digest().toString())));
      int before = ranges.size();
      layer.ranges.stream().filter(Objects::nonNull).forEach(ranges::add);
      layer.arrivals.forEach(arrival -> arrivals.add(shifted(arrival, before)));
      waits.addAll(layer.waits);
    }
    arrivals.sort(Comparator.comparingLong(Arrival::arrivedMicros));
    waits.sort(Comparator.comparingLong(Wait::sinceMicros));
    return new Waterfall(
        image,
        record.began().plus(zero, ChronoUnit.MICROS),
        record.micros() - zero,
        lines,
        ranges,
        arrivals,
        waits,
        ahead(layers),
        List.of());
  }

  private Ahead ahead(List<LayerData> layers) {
    return layers.stream()
        .map(layer -> record.ahead().figures(layer.record().digest().toString()))
        .reduce(Ahead.NONE, Ahead::plus);
  }

  private long micros(Instant time) {
    return Math.max(0, Duration.between(record.began(), time).toNanos() / 1000);
  }

  /** A layer may have been here before for another image: that is not this image's start. */
  private static long firstRequest(String image, List<List<Event>> events) {
    return events.stream()
        .flatMap(List::stream)
        .filter(event -> event.kind() == EventKind.REQUESTED && event.first() == image.hashCode())
        .mapToLong(Event::micros)
        .min()
        .orElseGet(
            () -> events.stream().flatMap(List::stream).mapToLong(Event::micros).min().orElse(0));
  }

  private static Arrival shifted(Arrival of, int ranges) {
    return new Arrival(
        of.layer(),
        of.chunk(),
        of.chunks(),
        of.file(),
        of.bytes(),
        of.source(),
        of.range() < 0 ? -1 : of.range() + ranges,
        of.beganMicros(),
        of.arrivedMicros());
  }
}
