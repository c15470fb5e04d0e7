package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is to be fetched of a layer without anybody waiting, and what its failures mean for that.
 * Guarded by the scheduler.
 */
final class LowQueue {
  private static final int FAILURES_TO_SKIP = 3;

  private final LayerChunks chunks;
  private final Flights flights;

  /** Lists of chunks to prefetch, the oldest first. */
  private final List<LowWork> lists = new ArrayList<>();

  private LowWork prefetch;
  private LowWork whole;
  private LowWork background;
  private int failures;
  private int failedAt = -1;
  private int failuresThere;
  private boolean anotherPass;

  LowQueue(LayerChunks chunks, Flights flights) {
    this.chunks = chunks;
    this.flights = flights;
    this.prefetch = LowWork.none(chunks);
    this.whole = LowWork.none(chunks);
    this.background = LowWork.none(chunks);
  }

  void addList(LowWork work) {
    lists.add(work);
  }

  /** Replaces the range to prefetch; returns the one before. */
  LowWork prefetch(LowWork work) {
    LowWork replaced = prefetch;
    prefetch = work;
    return replaced;
  }

  /** Has all that is missing brought before background work: readers want most of it. */
  void bringWhole() {
    whole = LowWork.all(chunks);
    whole.done().complete(null); // Nobody waits for it.
  }

  void background(LowWork work) {
    background = work;
  }

  /** Returns what is to be fetched with a priority, most urgent first. */
  List<LowWork> works(Priority priority) {
    if (priority == Priority.BACKGROUND) {
      return List.of(background);
    }
    var works = new ArrayList<>(lists);
    works.add(prefetch);
    works.add(whole);
    return works;
  }

  private Stream<LowWork> all() {
    return Stream.concat(lists.stream(), Stream.of(prefetch, whole, background));
  }

  /** Returns whether chunks are left that no pass has reached yet. */
  boolean hasMore() {
    return all().anyMatch(LowWork::hasMore);
  }

  /** Returns whether somebody waits for the end of prefetch work. */
  boolean isPrefetching() {
    return !lists.isEmpty() || !prefetch.done().isDone();
  }

  /** Drops and returns all prefetch work. */
  List<LowWork> dropPrefetch() {
    whole = LowWork.none(chunks);
    List<LowWork> dropped = works(Priority.PREFETCH);
    lists.clear();
    prefetch = LowWork.none(chunks);
    background = LowWork.none(chunks);
    return dropped;
  }

  /** Drops and returns the prefetch work that is done. */
  List<LowWork> takeDone() {
    if (!isPrefetching()) {
      return List.of();
    }
    List<LowWork> done =
        works(Priority.PREFETCH).stream()
            .filter(work -> !work.done().isDone() && isDone(work))
            .toList();
    lists.removeAll(done);
    if (done.contains(prefetch)) {
      prefetch = LowWork.none(chunks);
    }
    return done;
  }

  /**
   * Returns whether all chunks of the work have been fetched: they are present, or the pass is over
   * and no stream was started for one that is missing. What was evicted again counts as fetched.
   */
  private boolean isDone(LowWork work) {
    if (work.nextMissing(0) < 0) {
      return true;
    }
    if (!work.passIsOver()) {
      return false;
    }
    for (Flight flight : flights.all()) {
      for (ChunkRun run : flight.runs()) {
        if (work.nextMissing(run.from(), run.to()) >= 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Makes chunks from {@code chunk} on be looked at again. */
  void rewind(int chunk) {
    all().forEach(work -> work.rewind(chunk));
  }

  /**
   * Records that a stream nobody waited for failed at {@code chunk}; after the third failure at the
   * same chunk, skips past it.
   *
   * @return for how many nanoseconds to start no other
   */
  long failed(int chunk) {
    failuresThere = chunk == failedAt ? failuresThere + 1 : 1;
    failedAt = chunk;
    if (failuresThere >= FAILURES_TO_SKIP) {
      all().forEach(work -> work.skip(chunk));
    }
    return 10 * Demand.backoff(failures++);
  }

  /** A stream has brought all that it was to bring. */
  void succeeded() {
    failures = 0;
  }

  /** Forgets failures: somebody asks now. */
  void forgetFailures() {
    failures = 0;
    failuresThere = 0;
  }

  /**
   * Returns the next chunk of the work that is missing and that no stream carries; -1 if none.
   * Background work goes back for what was evicted after its pass had come by.
   */
  int nextUncarried(LowWork work) {
    int chunk = nextInPass(work);
    if (chunk < 0 && work == background && work.passIsOver()) {
      work.rewind(0);
      chunk = nextInPass(work);
    }
    return chunk;
  }

  private int nextInPass(LowWork work) {
    for (int chunk = work.nextMissing(work.next());
        chunk >= 0;
        chunk = work.nextMissing(work.next())) {
      Flight carrier = flights.carrier(chunk);
      if (carrier == null) {
        return chunk;
      }
      work.goOnFrom(carrier.carriedUpTo(chunk));
    }
    anotherPass |= work.endPass();
    return -1;
  }

  /** Returns whether a pass has ended that left chunks to another one, once for each. */
  boolean takeAnotherPass() {
    boolean another = anotherPass;
    anotherPass = false;
    return another;
  }
}
