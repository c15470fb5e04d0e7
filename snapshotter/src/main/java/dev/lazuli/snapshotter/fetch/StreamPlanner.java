package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.ChunkTable;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides which chunks a layer's next stream carries, among the streams at work: no two carry the
 * same. What lies too far apart for one range is put into one request of several, where the source
 * takes such requests. Guarded by the scheduler's lock.
 */
final class StreamPlanner {
  private final FetchedLayer layer;
  private final ChunkTable chunks;
  private final FetchOptions options;
  private int demandedEnd = -1;
  private long demandUnit;

  StreamPlanner(FetchedLayer layer, FetchOptions options) {
    this.layer = layer;
    this.chunks = layer.chunks();
    this.options = options;
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
    long most = options.maximumUnit();
    demandUnit = chunk == demandedEnd ? Math.min(2 * demandUnit, most) : layer.link().unit();
    List<ChunkRun> runs = List.of(range(chunk, 0, layer.data()::nextMissing, demandUnit));
    RangePlanner.Wanted waitedFor = (from, to) -> nextWaitedFor(from, to, now);
    if (rangesAtOnce() > 1 && nextUncarried(waitedFor, runs.getLast().to()) >= 0) {
      List<ChunkRun> together = ranges(chunk, waitedFor, layer.link().unit());
      runs = together.size() > 1 ? together : runs;
    }
    demandedEnd = runs.getLast().to();
    return runs;
  }

  /**
   * Plans a stream of at most {@code unit} bytes of the blob for work nobody waits for.
   *
   * @param chunk the first chunk of the work that is missing and that no stream carries
   * @return ascending runs, the first of which has the chunk
   */
  List<ChunkRun> forLowWork(int chunk, LowWork work, long unit) {
    return ranges(chunk, work::nextMissing, unit);
  }

  private int rangesAtOnce() {
    return chunks.blobOrdered() ? layer.rangesAtOnce() : 1;
  }

  private List<ChunkRun> ranges(int chunk, RangePlanner.Wanted wanted, long unit) {
    var runs = new ArrayList<ChunkRun>();
    long bytes = 0;
    int count = 0;
    for (int next = chunk; next >= 0; next = nextUncarried(wanted, runs.getLast().to())) {
      int floor = runs.isEmpty() ? 0 : runs.getLast().to();
      ChunkRun run = range(next, floor, wanted, unit - bytes);
      bytes += chunks.blobEnd(run.to() - 1) - chunks.blobOffset(run.from());
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
    int limit = chunks.count();
    for (RangeStream stream : layer.active) {
      for (ChunkRun left : stream.left()) {
        if (left.from() > chunk) {
          limit = Math.min(limit, left.from());
        } else {
          floor = Math.max(floor, Math.min(left.to(), chunk));
        }
      }
    }
    return layer.planner().plan(chunk, wanted, floor, limit, unit, layer.link().unit());
  }

  private int nextUncarried(RangePlanner.Wanted wanted, int from) {
    int chunk = wanted.next(from, chunks.count());
    while (chunk >= 0) {
      RangeStream carrier = layer.carrier(chunk);
      if (carrier == null) {
        return chunk;
      }
      chunk = wanted.next(carrier.carriedUpTo(chunk), chunks.count());
    }
    return -1;
  }

  /** Returns the first missing chunk that a reader waits for who may be served now; -1 if none. */
  private int nextWaitedFor(int from, int to, long now) {
    int first = -1;
    for (Demand demand : layer.demands) {
      int start = Math.max(from, demand.from);
      int end = Math.min(first < 0 ? to : first, demand.to);
      if (start < end && demand.retryAt - now <= 0) {
        int missing = layer.data().nextMissing(start, end);
        first = missing < 0 ? first : missing;
      }
    }
    return first;
  }
}
