package dev.lazuli.snapshotter.waterfall;

import static dev.lazuli.snapshotter.waterfall.ArrivalReason.BACKGROUND;
import static dev.lazuli.snapshotter.waterfall.ArrivalReason.DEMAND;
import static dev.lazuli.snapshotter.waterfall.ArrivalReason.DISK;
import static dev.lazuli.snapshotter.waterfall.ArrivalReason.NEIGHBOUR;
import static dev.lazuli.snapshotter.waterfall.ArrivalReason.PREFETCH;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.waterfall.LayerEvents.Event;
import dev.lazuli.snapshotter.waterfall.Waterfall.Arrival;
import dev.lazuli.snapshotter.waterfall.Waterfall.LayerLine;
import dev.lazuli.snapshotter.waterfall.Waterfall.Range;
import dev.lazuli.snapshotter.waterfall.Waterfall.Wait;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Tells one layer's events as what they mean together: requests, arrivals, waits. One thread. */
final class RecordedLayer {
  /** A request whose end has not been told yet; bytes of chunks have come up to {@code until}. */
  private static final class OpenRange {
    final Event opened;
    final int place;
    long firstByte = -1;
    long until = -1;

    OpenRange(Event opened, int place) {
      this.opened = opened;
      this.place = place;
    }

    /** Returns from when on bytes that have not been told yet may have come. */
    long begun() {
      return until >= 0 ? until : firstByte;
    }

    boolean holds(long blobOffset) {
      return opened.first() <= blobOffset && blobOffset < opened.first() + opened.second();
    }
  }

  private final LayerData data;
  private final ChunkTable chunks;
  private final int layer;
  private final long zero;
  private final List<OpenRange> open = new ArrayList<>();
  private final List<Event> waiting = new ArrayList<>();

  final List<@Nullable Range> ranges = new ArrayList<>();
  final List<Arrival> arrivals = new ArrayList<>();
  final List<Wait> waits = new ArrayList<>();
  private long requested = -1;
  private long mounted = -1;
  private long complete = -1;

  /**
   * Makes an empty one.
   *
   * @param layer the layer's place among the others
   * @param zero microseconds of the record that are 0 in the waterfall
   */
  RecordedLayer(LayerData data, int layer, long zero) {
    this.data = data;
    this.chunks = data.chunks();
    this.layer = layer;
    this.zero = zero;
  }

  /** Takes all events; what was before the waterfall's beginning is left out. */
  void take(List<Event> events) {
    for (var event : events) {
      if (event.micros() >= zero) {
        take(event);
      }
    }
    for (var range : open) {
      ranges.set(range.place, range(range, range.opened.priority(), -1, -1, false));
    }
    arrivals.replaceAll(this::explained);
    for (var wait : waiting) {
      waits.add(wait(wait, wait.micros(), -1, false));
    }
  }

  private void take(Event event) {
    switch (event.kind()) {
      case REQUESTED -> requested = requested < 0 ? since(event) : requested;
      case MOUNTED -> mounted = since(event);
      case COMPLETE -> complete = since(event);
      case WAITING -> waiting.add(event);
      case SERVED -> served(event);
      case NOT_SERVED -> notServed(event);
      case RANGE_OPENED -> {
        open.add(new OpenRange(event, ranges.size()));
        ranges.add(null);
      }
      case FIRST_BYTE -> firstByte(event);
      case RANGE_DONE -> ended(event, false);
      case RANGE_FAILED -> ended(event, true);
      case FETCHED -> fetched(event);
      case REUSED -> arrived(event, DISK, null);
    }
  }

  private long since(Event event) {
    return event.micros() - zero;
  }

  private void served(Event event) {
    long micros = event.second() / 1000;
    long since = event.micros() - micros;
    for (var wait : waiting) {
      if (wait.first() == event.first()) {
        waiting.remove(wait);
        since = wait.micros();
        break;
      }
    }
    waits.add(wait(event, since, micros, false));
  }

  private void notServed(Event event) {
    waiting.stream()
        .filter(wait -> wait.fromChunk() <= event.fromChunk() && event.fromChunk() < wait.toChunk())
        .findFirst()
        .ifPresent(
            wait -> {
              waiting.remove(wait);
              waits.add(wait(wait, wait.micros(), event.micros() - wait.micros(), true));
            });
  }

  private Wait wait(Event event, long sinceMicros, long micros, boolean failed) {
    int count = event.toChunk() - event.fromChunk();
    long since = Math.max(0, sinceMicros - zero);
    return new Wait(layer, event.fromChunk(), count, "", since, micros, failed);
  }

  private void firstByte(Event event) {
    for (var range : open) {
      if (range.opened.first() == event.first() && range.firstByte < 0) {
        range.firstByte = since(event);
        return;
      }
    }
  }

  private void ended(Event event, boolean failed) {
    for (var range : open) {
      if (range.opened.first() == event.first()) {
        // Only the end tells what the range was for; it may have become urgent before it began.
        var priority = failed ? range.opened.priority() : event.priority();
        ranges.set(range.place, range(range, priority, event.second(), since(event), failed));
        open.remove(range);
        return;
      }
    }
  }

  private Range range(OpenRange range, Priority priority, long bytes, long ended, boolean failed) {
    var opened = range.opened;
    return new Range(
        layer,
        opened.first(),
        opened.second(),
        bytes,
        source(priority),
        since(opened),
        range.firstByte,
        ended,
        failed);
  }

  private void fetched(Event event) {
    long blobOffset = chunks.blobOffset(event.fromChunk());
    OpenRange carrier = null;
    for (var range : open) {
      if (range.holds(blobOffset)) {
        carrier = range;
      }
    }
    arrived(event, source(event.priority()), carrier);
  }

  private void arrived(Event event, ArrivalReason source, @Nullable OpenRange carrier) {
    long arrived = since(event) + event.second();
    long began = since(event);
    if (carrier != null) {
      began = carrier.begun();
      carrier.until = arrived;
    }
    int place = carrier == null ? -1 : carrier.place;
    int from = event.fromChunk();
    int count = event.toChunk() - from;
    arrivals.add(
        new Arrival(layer, from, count, "", bytes(from, count), source, place, began, arrived));
  }

  private long bytes(int from, int count) {
    long bytes = 0;
    for (int chunk = from; chunk < from + count; chunk++) {
      bytes += chunks.size(chunk);
    }
    return bytes;
  }

  private static ArrivalReason source(Priority priority) {
    return switch (priority) {
      case ON_DEMAND -> DEMAND;
      case PREFETCH -> PREFETCH;
      case BACKGROUND -> BACKGROUND;
    };
  }

  /** What a reader's request brings beyond its need is fetched ahead, but was not prefetched. */
  private Arrival explained(Arrival of) {
    var range = of.range() < 0 ? null : ranges.get(of.range());
    boolean neighbour = range != null && range.source() == DEMAND && of.source() == PREFETCH;
    return neighbour ? with(of, NEIGHBOUR, of.file()) : of;
  }

  /** Puts file names in, which only the metadata image knows. */
  void name() throws IOException {
    var places = new TreeSet<Long>();
    arrivals.forEach(arrival -> places.add(chunks.dataOffset(arrival.chunk())));
    waits.forEach(wait -> places.add(chunks.dataOffset(wait.chunk())));
    var names = FileNames.of(data.metaPath(), places);
    arrivals.replaceAll(arrival -> named(arrival, names));
    waits.replaceAll(wait -> named(wait, names));
  }

  private Arrival named(Arrival of, Map<Long, String> names) {
    return with(of, of.source(), names.getOrDefault(chunks.dataOffset(of.chunk()), ""));
  }

  private static Arrival with(Arrival of, ArrivalReason source, String file) {
    return new Arrival(
        of.layer(),
        of.chunk(),
        of.chunks(),
        file,
        of.bytes(),
        source,
        of.range(),
        of.beganMicros(),
        of.arrivedMicros());
  }

  private Wait named(Wait of, Map<Long, String> names) {
    var file = names.getOrDefault(chunks.dataOffset(of.chunk()), "");
    return new Wait(
        of.layer(), of.chunk(), of.chunks(), file, of.sinceMicros(), of.micros(), of.failed());
  }

  LayerLine line(long dropped) {
    var record = data.record();
    return new LayerLine(
        record.digest().toString(),
        record.size(),
        bytes(0, chunks.count()),
        requested,
        mounted,
        complete,
        dropped);
  }
}
