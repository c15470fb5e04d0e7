package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.ByteRange;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.LayerChunks;
import dev.lazuli.snapshotter.fetch.plan.StreamEnded;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One request of a stream: its ranges are decoded as they stream by, one after the other. */
final class RangeRequest {
  private final StreamParts parts;
  private final StreamSource source;
  private final AttachedLayer layer;
  private final Flight flight;
  private final List<int[]> wanted;

  /**
   * Makes a request.
   *
   * @param wanted for each range the chunks to take from it, as {@link #split} gives them
   */
  RangeRequest(StreamParts parts, StreamSource source, List<int[]> wanted) {
    this.parts = parts;
    this.source = source;
    this.layer = source.layer();
    this.flight = source.flight();
    this.wanted = wanted;
  }

  /**
   * Splits chunks where the bytes between them cost more than another range: more than {@code gap}.
   */
  static List<int[]> split(LayerChunks chunks, int[] wanted, long gap) {
    var parts = new ArrayList<int[]>();
    int start = 0;
    for (int i = 1; i <= wanted.length; i++) {
      if (i == wanted.length || !adjacent(chunks, wanted[i - 1], wanted[i], gap)) {
        parts.add(Arrays.copyOfRange(wanted, start, i));
        start = i;
      }
    }
    return parts;
  }

  private static boolean adjacent(LayerChunks chunks, int first, int second, long gap) {
    return chunks.blobOrdered()
        && chunks.chunkBlobOffset(second) - chunks.chunkBlobEnd(first) <= gap;
  }

  /** Fetches the chunks. */
  void run() throws IOException {
    List<ByteRange> ranges = wanted.stream().map(this::range).toList();
    try (var paced = new PacedStream(parts, source, ranges)) {
      for (int i = 0; i < wanted.size(); i++) {
        if (!parts.events().mayBring(layer, flight, wanted.get(i)[0])) {
          throw new StreamEnded();
        }
        fetch(wanted.get(i), ranges.get(i), paced);
      }
    }
  }

  private void fetch(int[] chunks, ByteRange range, PacedStream paced) throws IOException {
    parts.listener().rangeOpened(layer.name(), range.offset(), range.length(), flight.priority());
    long opened = parts.now();
    try (var sink = new StreamSink(parts, layer, flight)) {
      enter(paced);
      parts
          .decoder()
          .decode(layer.compression(), paced, range.offset(), layer.view(), chunks, sink);
      parts.events().passed(flight, chunks[chunks.length - 1] + 1);
      ended(range, paced, opened);
    } catch (IOException e) {
      boolean wrong = isWrong(e, range, paced);
      if (wrong) {
        source.cameWrong(range);
      }
      if (source.reason(e) instanceof IOException failure) {
        if (!wrong) {
          source.brokeOff(range);
        }
        parts.listener().rangeFailed(layer.name(), range.offset(), paced.bytes(), failure);
      } else {
        ended(range, paced, opened);
      }
      throw e;
    } catch (RuntimeException | Error e) {
      var failure = new IOException("unexpected: " + e, e);
      parts.listener().rangeFailed(layer.name(), range.offset(), paced.bytes(), failure);
      throw e;
    }
  }

  /** Returns whether the bytes are wrong; those that ended early are if all of them came. */
  private static boolean isWrong(IOException e, ByteRange range, PacedStream paced) {
    return e instanceof DigestMismatchException
        || e instanceof LayerFormatException
        || (e instanceof EOFException && paced.bytes() == range.length());
  }

  private void enter(PacedStream paced) throws IOException {
    boolean first = paced.enterNext();
    if (first && wanted.size() > 1) {
      layer.learnRangesAtOnce();
      if (layer.rangesAtOnce() == 1) {
        // One after the other is slower than each by itself.
        parts.events().letGo(layer, flight, wanted.get(1)[0]);
      }
    }
  }

  private void ended(ByteRange range, PacedStream paced, long opened) {
    long nanos = parts.now() - opened;
    parts
        .listener()
        .rangeDone(layer.name(), range.offset(), paced.bytes(), nanos, flight.basePriority());
  }

  private ByteRange range(int[] chunks) {
    long offset = layer.view().chunkBlobOffset(chunks[0]);
    long end = 0;
    for (int chunk : chunks) {
      end = Math.max(end, layer.view().chunkBlobEnd(chunk));
    }
    return new ByteRange(offset, end - offset);
  }
}
