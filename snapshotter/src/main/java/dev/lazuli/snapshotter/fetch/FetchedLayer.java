package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.ChunkTable;
import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A layer attached to the scheduler. What is not final is guarded by the scheduler's lock. */
final class FetchedLayer implements LayerFetch {
  private static final int FAILURES_TO_SKIP = 3;

  /** Skipped chunks are tried again after 5 minutes. */
  private static final long NEXT_PASS_NANOS = 300_000_000_000L;

  private final FetchScheduler scheduler;
  private final LayerData data;
  private final BlobSource source;
  private final Compression compression;
  private final ChunkTable chunks;
  private final CacheChunkView view;
  private final RangePlanner planner;
  private final LinkEstimate link;
  private final StreamPlanner streams;
  private volatile int rangesAtOnce;
  private final CompletableFuture<Void> completed = new CompletableFuture<>();

  final List<Demand> demands = new ArrayList<>();

  /** Those who wait for chunks without asking for them. */
  final List<Watch> watches = new ArrayList<>();

  final List<RangeStream> active = new ArrayList<>();

  /** Lists of chunks to prefetch, the oldest first. */
  final List<LowWork> lists = new ArrayList<>();

  LowWork prefetch;
  LowWork background;
  long lowRetryAt = System.nanoTime();
  int lowFailures;
  boolean sealing;
  boolean closed;
  private int failedAt = -1;
  private int failuresThere;

  FetchedLayer(
      FetchScheduler scheduler, LayerData data, BlobSource source, Compression compression) {
    this.scheduler = scheduler;
    this.data = data;
    this.source = source;
    this.compression = compression;
    this.chunks = data.chunks();
    this.view = new CacheChunkView(data);
    this.planner = new RangePlanner(data);
    this.link = scheduler.newLink();
    this.streams = new StreamPlanner(this, scheduler.options());
    learnRangesAtOnce();
    this.prefetch = LowWork.none(data);
    this.background = LowWork.none(data);
  }

  /**
   * Somebody who waits for chunks without asking for them.
   *
   * @param from first chunk
   * @param to chunk after the last
   */
  record Watch(int from, int to, CompletableFuture<Void> future) {}

  /** Drops and returns the futures of those whose chunks are all present. */
  List<CompletableFuture<Void>> takeSeen() {
    if (watches.isEmpty()) {
      return List.of();
    }
    var seen =
        watches.stream().filter(watch -> data.nextMissing(watch.from(), watch.to()) < 0).toList();
    watches.removeAll(seen);
    return seen.stream().map(Watch::future).toList();
  }

  @Override
  public CompletableFuture<Void> demand(int fromChunk, int toChunk) {
    Objects.checkFromToIndex(fromChunk, toChunk, chunks.count());
    if (data.nextMissing(fromChunk, toChunk) < 0) {
      return CompletableFuture.completedFuture(null);
    }
    return scheduler.demand(this, fromChunk, toChunk);
  }

  @Override
  public CompletableFuture<Void> prefetch(long blobFrom, long blobTo) {
    return scheduler.prefetch(this, blobFrom, blobTo);
  }

  @Override
  public CompletableFuture<Void> prefetch(List<ChunkRun> runs) {
    ChunkRun.check(runs, chunks.count());
    return scheduler.prefetch(this, runs);
  }

  @Override
  public CompletableFuture<Void> whenPresent(int fromChunk, int toChunk) {
    Objects.checkFromToIndex(fromChunk, toChunk, chunks.count());
    return scheduler.whenPresent(this, fromChunk, toChunk);
  }

  @Override
  public void background() {
    scheduler.background(this);
  }

  @Override
  public Optional<Priority> working() {
    return scheduler.working(this);
  }

  @Override
  public boolean waiting() {
    return scheduler.waiting(this);
  }

  @Override
  public CompletableFuture<Void> completed() {
    return completed;
  }

  @Override
  public void close() {
    scheduler.detach(this);
  }

  LayerData data() {
    return data;
  }

  BlobSource source() {
    return source;
  }

  Compression compression() {
    return compression;
  }

  ChunkTable chunks() {
    return chunks;
  }

  CacheChunkView view() {
    return view;
  }

  RangePlanner planner() {
    return planner;
  }

  LinkEstimate link() {
    return link;
  }

  /** Returns the planner of this layer's streams. */
  StreamPlanner streams() {
    return streams;
  }

  /** Returns how many ranges one request may have, as far as is known. */
  int rangesAtOnce() {
    return rangesAtOnce;
  }

  /** Asks the source how many ranges one request may have; not to be called under the lock. */
  void learnRangesAtOnce() {
    rangesAtOnce = Math.max(1, source.rangesAtOnce());
  }

  String name() {
    return view.layer();
  }

  /** Returns whether any of the chunks is missing. */
  boolean misses(List<ChunkRun> runs) {
    return runs.stream().anyMatch(run -> data.nextMissing(run.from(), run.to()) >= 0);
  }

  /** Returns the stream that will bring the chunk. */
  @Nullable RangeStream carrier(int chunk) {
    for (RangeStream stream : active) {
      if (stream.carries(chunk)) {
        return stream;
      }
    }
    return null;
  }

  /** Returns whether {@code stream} comes to {@code chunk} sooner than a new one would. */
  boolean near(RangeStream stream, int chunk) {
    if (stream.basePriority() == Priority.ON_DEMAND || !chunks.blobOrdered()) {
      return true;
    }
    long start = chunks.blobOffset(chunk);
    // The stream's thread may have committed the chunk meanwhile.
    int position = Math.min(stream.position(), chunk);
    return chunks.blobOffset(position) == start || stream.bytesBefore(chunk) <= link.unit();
  }

  /** Returns what is to be fetched without anybody waiting, most urgent first. */
  List<LowWork> works(Priority priority) {
    if (priority == Priority.BACKGROUND) {
      return List.of(background);
    }
    var works = new ArrayList<>(lists);
    works.add(prefetch);
    return works;
  }

  /** Drops and returns the prefetch work that is done. */
  List<LowWork> takeDone() {
    if (lists.isEmpty() && prefetch.done().isDone()) {
      return List.of();
    }
    List<LowWork> done =
        works(Priority.PREFETCH).stream()
            .filter(work -> !work.done().isDone() && isDone(work))
            .toList();
    lists.removeAll(done);
    if (done.contains(prefetch)) {
      prefetch = LowWork.none(data);
    }
    return done;
  }

  private Stream<LowWork> allWork() {
    return Stream.concat(lists.stream(), Stream.of(prefetch, background));
  }

  /** Makes chunks from {@code chunk} on be looked at again by prefetch and background work. */
  void rewind(int chunk) {
    allWork().forEach(work -> work.rewind(chunk));
  }

  /**
   * Notes that nobody's stream has failed at {@code chunk}: waits, and after the third time there
   * goes on behind it.
   */
  void lowFailed(int chunk, long now) {
    lowRetryAt = now + 10 * Demand.backoff(lowFailures++);
    failuresThere = chunk == failedAt ? failuresThere + 1 : 1;
    failedAt = chunk;
    if (failuresThere >= FAILURES_TO_SKIP) {
      allWork().forEach(work -> work.skip(chunk));
    }
  }

  /** Forgets failures: somebody asks now. */
  void retryNow(long now) {
    lowRetryAt = now;
    lowFailures = 0;
    failuresThere = 0;
  }

  boolean hasLowWork() {
    return allWork().anyMatch(LowWork::hasMore);
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
    for (RangeStream stream : active) {
      for (ChunkRun run : stream.runs()) {
        if (work.nextMissing(run.from(), run.to()) >= 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns the next chunk of the work that is missing and that no stream carries; -1 if none. */
  int nextUncarried(LowWork work) {
    for (int chunk = work.nextMissing(work.next());
        chunk >= 0;
        chunk = work.nextMissing(work.next())) {
      RangeStream carrier = carrier(chunk);
      if (carrier == null) {
        return chunk;
      }
      work.goOnFrom(carrier.carriedUpTo(chunk));
    }
    if (work.endPass()) {
      lowRetryAt = System.nanoTime() + NEXT_PASS_NANOS;
    }
    return -1;
  }
}
