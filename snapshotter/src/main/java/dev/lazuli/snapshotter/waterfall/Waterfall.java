package dev.lazuli.snapshotter.waterfall;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The start of an image's containers: what came when, and what waited for it. All times are
 * microseconds since {@code began}; -1 stands for what has not happened, or is not known any more.
 *
 * @param image the image's reference
 * @param began when the first of its layers was asked for
 * @param untilMicros when this was written
 * @param layers the image's layers that are mounted lazily
 * @param ranges requests to registries, in order of their beginning for each layer
 * @param arrivals content that came, in order of its arrival
 * @param waits reads that waited, in order of their beginning
 * @param ahead what was fetched before a reader asked for it, and how much of it was read
 * @param marks moments with a name
 */
public record Waterfall(
    String image,
    Instant began,
    long untilMicros,
    List<LayerLine> layers,
    List<Range> ranges,
    List<Arrival> arrivals,
    List<Wait> waits,
    Ahead ahead,
    List<Mark> marks) {

  /** Copies the lists. */
  public Waterfall {
    layers = List.copyOf(layers);
    ranges = List.copyOf(ranges);
    arrivals = List.copyOf(arrivals);
    waits = List.copyOf(waits);
    marks = List.copyOf(marks);
  }

  /**
   * One layer. Others refer to it by its place in the list.
   *
   * @param digest the blob's digest
   * @param blobBytes the blob's size
   * @param contentBytes the size of all files
   * @param requestedMicros when it was asked for
   * @param mountedMicros when it could be read
   * @param completeMicros when all of it was here
   * @param droppedEvents events that the record has given up for newer ones
   */
  public record LayerLine(
      String digest,
      long blobBytes,
      long contentBytes,
      long requestedMicros,
      long mountedMicros,
      long completeMicros,
      long droppedEvents) {}

  /**
   * One request for bytes of a blob.
   *
   * @param layer the layer's place
   * @param offset first byte of the blob
   * @param length bytes asked for
   * @param bytes bytes that came, -1 while they come
   * @param source why
   * @param openedMicros when it was sent
   * @param firstByteMicros when the first byte came
   * @param endedMicros when the last byte came
   * @param failed whether it ended early
   */
  public record Range(
      int layer,
      long offset,
      long length,
      long bytes,
      ArrivalReason source,
      long openedMicros,
      long firstByteMicros,
      long endedMicros,
      boolean failed) {}

  /**
   * Content that came in one piece.
   *
   * @param layer the layer's place
   * @param chunk the first chunk's number
   * @param chunks how many chunks, one after the other; more than one only where nobody waited
   * @param file path of the file that the first chunk belongs to, empty if that is not known
   * @param bytes their size, uncompressed
   * @param source why
   * @param range place of the request that brought it, -1 if none did
   * @param beganMicros when its first byte may have come
   * @param arrivedMicros when it was here and verified
   */
  public record Arrival(
      int layer,
      int chunk,
      int chunks,
      String file,
      long bytes,
      ArrivalReason source,
      int range,
      long beganMicros,
      long arrivedMicros) {}

  /**
   * A read that waited.
   *
   * @param layer the layer's place
   * @param chunk the first chunk that it needed and that was missing
   * @param chunks how many chunks it needed from there on
   * @param file path of the file that the first chunk belongs to, empty if that is not known
   * @param sinceMicros when it began to wait
   * @param micros how long it waited, -1 if it still does
   * @param failed whether it got an error in the end
   */
  public record Wait(
      int layer,
      int chunk,
      int chunks,
      String file,
      long sinceMicros,
      long micros,
      boolean failed) {}

  /**
   * A moment with a name.
   *
   * @param name what happened, in two or three words
   * @param micros when
   */
  public record Mark(String name, long micros) {}

  /** Returns when the last layer could be read. */
  long mountedMicros() {
    return layers.stream().mapToLong(LayerLine::mountedMicros).max().orElse(-1);
  }

  /** Returns when the last layer was complete, -1 if one is not. */
  long completeMicros() {
    boolean all = layers.stream().allMatch(layer -> layer.completeMicros() >= 0);
    return all ? layers.stream().mapToLong(LayerLine::completeMicros).max().orElse(-1) : -1;
  }

  /** Returns all moments that a picture shows, in order. */
  List<Mark> moments() {
    var moments = new ArrayList<>(marks);
    moments.add(new Mark("mounted", mountedMicros()));
    moments.add(new Mark("all here", completeMicros()));
    return moments.stream()
        .filter(mark -> mark.micros() >= 0)
        .sorted(Comparator.comparingLong(Mark::micros))
        .toList();
  }

  /** Returns the same with one more moment. */
  public Waterfall withMark(String name, long micros) {
    var more = new ArrayList<>(marks);
    more.add(new Mark(name, micros));
    return new Waterfall(image, began, untilMicros, layers, ranges, arrivals, waits, ahead, more);
  }
}
