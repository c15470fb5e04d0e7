package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayList;
import java.util.List;

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
  private final Gaps gaps;
  private final long maximumUnit;
  private final RangePlanner planner;
  private int demandedFrom = -1;
  private int demandedEnd = -1;
  private int streak;
  private long demandUnit;

  /**
   * Makes a planner.
   *
   * @param gaps what to do about bytes between chunks
   * @param maximumUnit most bytes that are fetched for a reader at once
   */
  StreamPlanner(
      LayerChunks chunks,
      Flights flights,
      Demands demands,
      LinkEstimate link,
      Gaps gaps,
      long maximumUnit) {
    this.chunks = chunks;
    this.flights = flights;
    this.demands = demands;
    this.link = link;
    this.gaps = gaps;
    this.maximumUnit = maximumUnit;
    this.planner = new RangePlanner(chunks);
  }

  /**
   * Plans a stream for chunks somebody waits for, of which the first is carried by no stream. Alone
   * it is filled up with its neighbours, twice as many as the last one if the reader has read on to
   * its end. Where others wait as well, the stream brings what they all wait for and nothing else,
   * as many bytes as are worth a request: none of them waits longer than for a request of its own.
   *
   * @param alone whether others bring the neighbours, so that only the chunks themselves are wanted
   * @return ascending runs, the first of which has the chunk
   */
  List<ChunkRun> forDemand(int chunk, int to, boolean alone, long now) {
    RangePlanner.Wanted waitedFor = (from, end) -> demands.nextWaitedFor(chunks, from, end, now);
    boolean readsOn = chunk == demandedEnd;
    demandUnit = readsOn ? Math.min(2 * demandUnit, maximumUnit) : link.unit();
    ChunkRun run = alone ? itself(chunk, to) : withNeighbours(chunk);
    List<ChunkRun> runs = List.of(run);
    if (gaps.rangesAtOnce() > 1 && nextUncarried(waitedFor, run.to()) >= 0) {
      List<ChunkRun> together = ranges(chunk, waitedFor, link.unit(), Priority.ON_DEMAND);
      runs = together.size() > 1 ? together : runs;
    }
    demandedFrom = runs.getLast().from();
    demandedEnd = runs.getLast().to();
    streak = readsOn ? streak + 1 : 0;
    return runs;
  }

  private ChunkRun itself(int chunk, int to) {
    RangePlanner.Wanted wanted = (from, end) -> chunks.nextMissing(from, Math.min(end, to));
    long gap = gaps.bridged(Priority.ON_DEMAND);
    return range(chunk, 0, wanted, maximumUnit, gap);
  }

  private ChunkRun withNeighbours(int chunk) {
    return range(chunk, 0, chunks::nextMissing, demandUnit, gaps.bridgedToNeighbours());
  }

  /**
   * Plans the next stream for a reader that has reached the second half of what was fetched for it,
   * and that has read on before: the round trip is over when the reader comes there.
   *
   * @return ascending runs; empty if there is no such reader
   */
  List<ChunkRun> ahead(int chunk) {
    if (streak == 0 || !chunks.blobOrdered() || chunk < demandedFrom || demandedEnd <= chunk) {
      return List.of();
    }
    long end = chunks.chunkBlobEnd(demandedEnd - 1);
    int next =
        demandedEnd < chunks.chunkCount()
            ? chunks.nextMissing(demandedEnd, chunks.chunkCount())
            : -1;
    boolean farYet = end - chunks.chunkBlobOffset(chunk) > Math.max(demandUnit / 2, link.unit());
    if (farYet
        || next < 0
        || chunks.chunkBlobOffset(next) - end > gaps.bridgedToNeighbours()
        || flights.carrier(next) != null) {
      return List.of();
    }
    demandUnit = Math.min(2 * demandUnit, maximumUnit);
    ChunkRun run = withNeighbours(next);
    demandedFrom = run.from();
    demandedEnd = run.to();
    return List.of(run);
  }

  /**
   * Plans a stream of at most {@code unit} bytes of the blob for work that no reader waits for.
   *
   * @param chunk the first chunk of the work that is missing and that no stream carries
   * @return ascending runs, the first of which has the chunk
   */
  List<ChunkRun> forLowWork(int chunk, LowWork work, long unit, Priority priority) {
    return ranges(chunk, work::nextMissing, unit, priority);
  }

  private List<ChunkRun> ranges(
      int chunk, RangePlanner.Wanted wanted, long unit, Priority priority) {
    long gap = gaps.bridged(priority);
    var runs = new ArrayList<ChunkRun>();
    long bytes = 0;
    int count = 0;
    for (int next = chunk; next >= 0; next = nextUncarried(wanted, runs.getLast().to())) {
      int floor = runs.isEmpty() ? 0 : runs.getLast().to();
      ChunkRun run = range(next, floor, wanted, unit - bytes, gap);
      bytes += chunks.chunkBlobEnd(run.to() - 1) - chunks.chunkBlobOffset(run.from());
      count += run.count();
      if (!runs.isEmpty() && (bytes > unit || count > RangePlanner.MOST_CHUNKS)) {
        break;
      }
      runs.add(run);
      if (runs.size() == gaps.rangesAtOnce()) {
        break;
      }
    }
    return runs;
  }

  /** Plans one range for {@code chunk}, which no stream carries, among the streams at work. */
  private ChunkRun range(int chunk, int from, RangePlanner.Wanted wanted, long unit, long gap) {
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
    return planner.plan(chunk, wanted, floor, limit, unit, gap);
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
