package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

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
  private final StreamSource source;
  private final AttachedLayer layer;
  private final Flight flight;

  FetchStream(StreamParts parts, AttachedLayer layer, Flight flight) {
    this.parts = parts;
    this.source = new StreamSource(layer, flight, parts.clock());
    this.layer = layer;
    this.flight = flight;
  }

  /** Ends the stream, from any thread, also while it waits for the network. */
  void end(IOException reason) {
    source.kill(reason);
  }

  @Override
  public void run() {
    Throwable failure = null;
    try {
      fetch(missing());
    } catch (Throwable e) { // The top of the thread: nothing may be lost but the stream.
      failure = source.reason(e);
      if (!(e instanceof IOException)) {
        parts.events().unexpected("lazuli-fetch", e);
      }
    } finally {
      parts.events().ended(layer, flight, failure, source.hasWrongBytes());
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
    boolean over = source.isKilled() || chunk >= stop;
    return over ? -1 : layer.data().nextMissing(chunk, stop);
  }

  private void fetch(int[] wanted) throws IOException {
    List<int[]> split =
        RangeRequest.split(
            layer.view(), wanted, layer.state().gaps().bridged(flight.basePriority()));
    int most = layer.rangesAtOnce();
    for (int at = 0; at < split.size(); at += most) {
      List<int[]> together = split.subList(at, Math.min(split.size(), at + most));
      new RangeRequest(parts, source, together).run();
    }
  }
}
