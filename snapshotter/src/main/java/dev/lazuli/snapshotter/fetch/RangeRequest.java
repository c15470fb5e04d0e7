package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.ChunkTable;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One request of a stream: its ranges are decoded as they stream by, one after the other. */
final class RangeRequest {
  private final FetchScheduler scheduler;
  private final RangeStream stream;
  private final FetchedLayer layer;
  private final List<int[]> parts;

  /**
   * Makes a request.
   *
   * @param parts for each range the chunks to take from it, as {@link #split} gives them
   */
  RangeRequest(FetchScheduler scheduler, RangeStream stream, List<int[]> parts) {
    this.scheduler = scheduler;
    this.stream = stream;
    this.layer = stream.layer();
    this.parts = parts;
  }

  /**
   * Splits chunks where the bytes between them cost more than another range: more than {@code gap}.
   */
  static List<int[]> split(ChunkTable chunks, int[] wanted, long gap) {
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

  private static boolean adjacent(ChunkTable chunks, int first, int second, long gap) {
    return chunks.blobOrdered() && chunks.blobOffset(second) - chunks.blobEnd(first) <= gap;
  }

  /** Fetches the chunks. */
  void run() throws IOException {
    List<ByteRange> ranges = parts.stream().map(this::range).toList();
    try (var paced = new PacedStream(scheduler, stream, ranges)) {
      for (int i = 0; i < parts.size(); i++) {
        stream.check(parts.get(i)[0]);
        fetch(parts.get(i), ranges.get(i), paced);
      }
    }
  }

  private void fetch(int[] wanted, ByteRange range, PacedStream paced) throws IOException {
    stream.advance(wanted[0]);
    FetchListener listener = scheduler.listener();
    listener.rangeOpened(layer.name(), range.offset(), range.length(), stream.priority());
    long opened = System.nanoTime();
    try {
      enter(paced);
      var sink = new StreamSink(scheduler, stream);
      scheduler
          .decoder()
          .decode(layer.compression(), paced, range.offset(), layer.view(), wanted, sink);
      stream.advance(wanted[wanted.length - 1] + 1);
      ended(range, paced, opened);
    } catch (RuntimeException | Error e) {
      var unexpected = new IOException("unexpected: " + e, e);
      listener.rangeFailed(layer.name(), range.offset(), paced.bytes(), unexpected);
      throw e;
    } catch (IOException e) {
      if (e instanceof DigestMismatchException || e instanceof LayerFormatException) {
        layer.source().wrongBytes(range.offset(), range.length());
      }
      if (stream.reason(e) instanceof IOException failure) {
        listener.rangeFailed(layer.name(), range.offset(), paced.bytes(), failure);
      } else {
        ended(range, paced, opened);
      }
      throw e;
    }
  }

  private void enter(PacedStream paced) throws IOException {
    boolean first = paced.enterNext();
    if (first && parts.size() > 1) {
      layer.learnRangesAtOnce();
      if (layer.rangesAtOnce() == 1) {
        // One after the other is slower than each by itself.
        scheduler.letGo(stream, parts.get(1)[0]);
      }
    }
  }

  private void ended(ByteRange range, PacedStream paced, long opened) {
    long nanos = System.nanoTime() - opened;
    scheduler
        .listener()
        .rangeDone(layer.name(), range.offset(), paced.bytes(), nanos, stream.basePriority());
  }

  private ByteRange range(int[] wanted) {
    long offset = layer.chunks().blobOffset(wanted[0]);
    long end = 0;
    for (int chunk : wanted) {
      end = Math.max(end, layer.chunks().blobEnd(chunk));
    }
    return new ByteRange(offset, end - offset);
  }
}
