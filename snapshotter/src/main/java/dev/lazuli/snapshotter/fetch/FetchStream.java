package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.KillSwitch;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thread's work on some runs of chunks: request their ranges, decode them as they stream by,
 * commit chunk after chunk.
 *
 * <p>The bytes are copied three times on their way: by the kernel into the transport's buffers, by
 * the decompressor into its window, by the kernel into the page cache. None of these buffers is
 * larger for a larger range.
 */
final class FetchStream implements Runnable {
  private final StreamParts parts;
  private final AttachedLayer layer;
  private final Flight flight;
  private boolean wrongBytes;

  FetchStream(StreamParts parts, AttachedLayer layer, Flight flight) {
    this.parts = parts;
    this.layer = layer;
    this.flight = flight;
  }

  @Override
  public void run() {
    Throwable failure = null;
    try {
      fetch(missing());
    } catch (Throwable e) { // The top of the thread: nothing may be lost but the stream.
      failure = flight.killSwitch().reason(e);
      if (!(e instanceof IOException)) {
        parts.events().unexpected("lazuli-fetch", e);
      }
    } finally {
      parts.events().ended(layer, flight, failure, wrongBytes && !flight.killSwitch().isKilled());
    }
  }

  /** Returns the chunks that have to be fetched, having taken from this disk what is on it. */
  private int[] missing() throws IOException {
    int[] wanted = new int[64];
    int count = 0;
    for (ChunkRun run : flight.runs()) {
      for (int c = nextMissing(run, run.from()); c >= 0; c = nextMissing(run, c + 1)) {
        if (layer.data().reuse(c)) {
          parts.listener().chunkReused(layer.name(), c, layer.view().chunkSize(c));
          parts.events().found(layer, c);
          continue;
        }
        if (count == wanted.length) {
          wanted = Arrays.copyOf(wanted, 2 * count);
        }
        wanted[count++] = c;
      }
    }
    return Arrays.copyOf(wanted, count);
  }

  private int nextMissing(ChunkRun run, int chunk) {
    int stop = Math.min(run.to(), flight.end());
    boolean over = flight.killSwitch().isKilled() || chunk >= stop;
    return over ? -1 : layer.data().nextMissing(chunk, stop);
  }

  private void fetch(int[] wanted) throws IOException {
    List<int[]> split = RangeRequest.split(layer.view(), wanted, layer.link().unit());
    int most = layer.rangesAtOnce();
    for (int at = 0; at < split.size(); at += most) {
      List<int[]> together = split.subList(at, Math.min(split.size(), at + most));
      new RangeRequest(parts, this, together).run();
    }
  }

  AttachedLayer layer() {
    return layer;
  }

  Flight flight() {
    return flight;
  }

  /** Opens ranges so that the kill switch can end both the opening and their bodies. */
  BlobRanges open(List<ByteRange> ranges) throws IOException {
    BlobRanges opened = waitFor(() -> layer.source().open(ranges));
    flight.killSwitch().opened(opened::close);
    return opened;
  }

  /** Goes to the next of the ranges, which there must be. */
  BlobStream next(BlobRanges ranges) throws IOException {
    BlobStream next = waitFor(ranges::next);
    if (next == null) {
      throw new IOException("layer " + layer.name() + ": a range was left out");
    }
    return next;
  }

  private <T extends @Nullable Object> T waitFor(KillSwitch.Opening<T> what) throws IOException {
    flight.meter().waits(parts.now());
    try {
      return flight.killSwitch().opening(what);
    } finally {
      flight.meter().goesOn(parts.now());
    }
  }

  /** What came was not what the layer's index promises. */
  void cameWrong(ByteRange range) {
    wrongBytes = true;
    layer.source().wrongBytes(range.offset(), range.length());
  }
}
