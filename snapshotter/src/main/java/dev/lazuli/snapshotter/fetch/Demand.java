package dev.lazuli.snapshotter.fetch;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A reader waiting for chunks. Guarded by the scheduler's lock. */
final class Demand {
  private static final long FIRST_BACKOFF_NANOS = 50_000_000;
  private static final int MOST_DOUBLINGS = 5; // 1.6 s

  final int from;
  final int to;
  final long since;
  final CompletableFuture<Void> future = new CompletableFuture<>();

  int attempts;
  private int fruitless;
  long retryAt;
  @Nullable Throwable lastFailure;

  Demand(int from, int to, long now) {
    this.from = from;
    this.to = to;
    this.since = now;
    this.retryAt = now;
  }

  boolean wants(int fromChunk, int toChunk) {
    return from < toChunk && fromChunk < to;
  }

  boolean wantsAny(List<ChunkRun> runs) {
    return runs.stream().anyMatch(run -> wants(run.from(), run.to()));
  }

  /** Notes that one of the chunks has arrived: the source is not dead. */
  void progressed() {
    fruitless = 0;
  }

  /** Notes that a stream that carried some of the chunks has failed. */
  void failed(Throwable reason, long now) {
    lastFailure = reason;
    attempts++;
    if (retryAt - now <= 0) {
      retryAt = now + backoff(fruitless++);
    }
  }

  static long backoff(int failures) {
    return FIRST_BACKOFF_NANOS << Math.min(failures, MOST_DOUBLINGS);
  }
}
