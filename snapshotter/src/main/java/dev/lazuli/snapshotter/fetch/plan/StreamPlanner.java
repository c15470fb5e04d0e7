package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * Decides which chunks a layer's next stream carries, among the streams at work: no two carry the
 * same. What lies too far apart for one range is put into one request of several, where the source
 * takes such requests. Guarded by the scheduler's lock.
 */
final class StreamPlanner {
  private final LayerChunks chunks;
  private final Flights flights;
  private final Demands demands;
  private final LinkEstimate link;
  private final IntSupplier rangesPerRequest;
  private final long maximumUnit;
  private final RangePlanner planner;
  private int demandedEnd = -1;
  private long demandUnit;

  /**
   * Makes a planner.
   *
   * @param rangesPerRequest how many ranges one request may have, as far as is known
   * @param maximumUnit most bytes that are fetched for a reader at once
   */
  StreamPlanner(
      LayerChunks chunks,
      Flights flights,
      Demands demands,
      LinkEstimate link,
      IntSupplier rangesPerRequest,
      long maximumUnit) {
    this.chunks = chunks;
    this.flights = flights;
    this.demands = demands;
    this.link = link;
    this.rangesPerRequest = rangesPerRequest;
    this.maximumUnit = maximumUnit;
    this.planner = new RangePlanner(chunks);
  }

  /**
   * Plans a stream for a chunk somebody waits for and no stream carries. Alone it is filled up with
   * its neighbours, twice as many as the last one if the reader has read on to its end. Where
   * others wait as well, the stream brings what they all wait for and nothing else, as many bytes
   * as are worth a request: none of them waits longer than for a request of its own.
   *
   * @return ascending runs, the first of which has the chunk
   */
  List<ChunkRun> forDemand(int chunk, long now) {
    demandUnit = chunk == demandedEnd ? Math.min(2 * demandUnit, maximumUnit) : link.unit();
    List<ChunkRun> runs = List.of(range(chunk, 0, chunks::nextMissing, demandUnit));
    RangePlanner.Wanted waitedFor = (from, to) -> demands.nextWaitedFor(chunks, from, to, now);
    if (rangesAtOnce() > 1 && nextUncarried(waitedFor, runs.getLast().to()) >= 0) {
      List<ChunkRun> together = ranges(chunk, waitedFor, link.unit());
      runs = together.size() > 1 ? together : runs;
    }
    demandedEnd = runs.getLast().to();
    return runs;
  }

  /**
   * Plans a stream of at most {@code unit} bytes of the blob for work that no reader waits for.
   *
   * @param chunk the first chunk of the work that is missing and that no stream carries
   * @return ascending runs, the first of which has the chunk
   */
  List<ChunkRun> forLowWork(int chunk, LowWork work, long unit) {
    return ranges(chunk, work::nextMissing, unit);
  }

  private int rangesAtOnce() {
    return chunks.blobOrdered() ? Math.max(1, rangesPerRequest.getAsInt()) : 1;
  }

  private List<ChunkRun> ranges(int chunk, RangePlanner.Wanted wanted, long unit) {
    var runs = new ArrayList<ChunkRun>();
    long bytes = 0;
    int count = 0;
    for (int next = chunk; next >= 0; next = nextUncarried(wanted, runs.getLast().to())) {
      int floor = runs.isEmpty() ? 0 : runs.getLast().to();
      ChunkRun run = range(next, floor, wanted, unit - bytes);
      bytes += chunks.chunkBlobEnd(run.to() - 1) - chunks.chunkBlobOffset(run.from());
      count += run.count();
      if (!runs.isEmpty() && (bytes > unit || count > RangePlanner.MOST_CHUNKS)) {
        break;
      }
      runs.add(run);
      if (runs.size() == rangesAtOnce()) {
        break;
      }
    }
    return runs;
  }

  /** Plans one range for {@code chunk}, which no stream carries, among the streams at work. */
  private ChunkRun range(int chunk, int from, RangePlanner.Wanted wanted, long unit) {
    int floor = from;
    int limit = chunks.chunkCount();
    for (Flight flight : flights.all()) {
      for (ChunkRun left : flight.left()) {
        if (left.from() > chunk) {
          limit = Math.min(limit, left.from());
        } else {
          floor = Math.max(floor, Math.min(left.to(), chunk));
        }
      }
    }
    return planner.plan(chunk, wanted, floor, limit, unit, link.unit());
  }

  private int nextUncarried(RangePlanner.Wanted wanted, int from) {
    int chunk = wanted.next(from, chunks.chunkCount());
    while (chunk >= 0) {
      Flight carrier = flights.carrier(chunk);
      if (carrier == null) {
        return chunk;
      }
      chunk = wanted.next(carrier.carriedUpTo(chunk), chunks.chunkCount());
    }
    return -1;
  }
}
