package dev.lazuli.snapshotter.fetch.plan;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A reader waiting for chunks. Guarded by the scheduler's lock. */
public final class Demand {
  private static final long FIRST_BACKOFF_NANOS = 50_000_000;
  private static final int MOST_DOUBLINGS = 5; // 1.6 s

  private final int from;
  private final int to;
  private final long since;
  private final CompletableFuture<Void> answer = new CompletableFuture<>();
  private int attempts;
  private int fruitless;
  private long retryAt;
  private boolean left;
  private @Nullable Throwable lastFailure;

  /** A reader waits from {@code now} on for the chunks from {@code from} up to {@code to}. */
  Demand(int from, int to, long now) {
    this.from = from;
    this.to = to;
    this.since = now;
    this.retryAt = now;
  }

  public int from() {
    return from;
  }

  public int to() {
    return to;
  }

  long since() {
    return since;
  }

  /** Returns the reader's answer, which is not completed here. */
  public CompletableFuture<Void> answer() {
    return answer;
  }

  int attempts() {
    return attempts;
  }

  @Nullable Throwable lastFailure() {
    return lastFailure;
  }

  long retryAt() {
    return retryAt;
  }

  boolean wants(int fromChunk, int toChunk) {
    return from < toChunk && fromChunk < to;
  }

  boolean wantsAny(List<ChunkRun> runs) {
    return runs.stream().anyMatch(run -> wants(run.from(), run.to()));
  }

  /** Returns whether streams may be started for it. */
  boolean isDue(long now) {
    return retryAt - now <= 0;
  }

  /** One of the chunks has arrived: the source is not dead. */
  void progressed() {
    fruitless = 0;
  }

  /** A stream that carried some of the chunks has failed. */
  void failed(Throwable reason, long now) {
    lastFailure = reason;
    attempts++;
    if (left || isDue(now)) {
      left = false;
      retryAt = now + backoff(fruitless++);
    }
  }

  /**
   * Leaves the chunks to who is at work on them, until {@code time} or until that one has ended,
   * unless they are left alone for longer.
   */
  void leaveUntil(long time) {
    if (time - retryAt > 0) {
      retryAt = time;
      left = true;
    }
  }

  /** Who was at work on some of the chunks has ended. */
  void goOn(long now) {
    if (left) {
      left = false;
      retryAt = now;
    }
  }

  static long backoff(int failures) {
    return FIRST_BACKOFF_NANOS << Math.min(failures, MOST_DOUBLINGS);
  }
}
