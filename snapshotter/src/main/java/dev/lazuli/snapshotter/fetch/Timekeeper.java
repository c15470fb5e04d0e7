package dev.lazuli.snapshotter.fetch;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * What happens because time has passed: silent streams are given up, readers get an error at their
 * deadline, and what was put off is tried again. A thread of its own, which ticks slowly while
 * nothing is to be done. Shares the scheduler's lock.
 */
final class Timekeeper {
  /** How exact deadlines, retries and stall checks are. */
  private static final long TICK_NANOS = 20_000_000;

  /** When nobody is served and nothing runs, what waits can wait for 100 ms more. */
  private static final long QUIET_TICK_NANOS = 100_000_000;

  /** Even when there is nothing to do, {@link #lastTick} shows that time is kept. */
  private static final long IDLE_TICK_NANOS = 1_000_000_000;

  private final FetchOptions options;
  private final ReentrantLock lock;
  private final Condition changed;
  private final List<FetchedLayer> layers;
  private final Replies replies;
  private final Runnable dispatch;
  private final Consumer<Throwable> unexpected;
  private volatile long lastTick = System.nanoTime();
  private boolean stopped;

  /**
   * Makes a timekeeper, not yet started.
   *
   * @param changed signalled when there may be something to do
   * @param layers those attached to the scheduler, always as they are now
   * @param dispatch starts what may be started
   * @param unexpected told of errors that nobody expected
   */
  Timekeeper(
      FetchOptions options,
      ReentrantLock lock,
      Condition changed,
      List<FetchedLayer> layers,
      Replies replies,
      Runnable dispatch,
      Consumer<Throwable> unexpected) {
    this.unexpected = unexpected;
    this.options = options;
    this.lock = lock;
    this.changed = changed;
    this.layers = layers;
    this.replies = replies;
    this.dispatch = dispatch;
  }

  void start() {
    Thread.ofVirtual().name("lazuli-fetch-timer").start(this::keepTime);
  }

  /** Ends the thread; called under the lock. */
  void stop() {
    stopped = true;
    changed.signalAll();
  }

  private void keepTime() {
    lock.lock();
    try {
      while (!stopped) {
        long nanos = idle(false) ? QUIET_TICK_NANOS : TICK_NANOS;
        changed.awaitNanos(idle(true) ? IDLE_TICK_NANOS : nanos);
        guardedTick();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Time goes on whatever happens: without it no deadline is kept on the whole node. */
  private void guardedTick() {
    long now = System.nanoTime();
    try {
      tick(now);
    } catch (RuntimeException | Error e) {
      unexpected.accept(e);
    }
    lastTick = now;
  }

  /** Returns when time was last kept, by {@link System#nanoTime}. */
  long lastTick() {
    return lastTick;
  }

  private boolean idle(boolean andNothingToDo) {
    for (FetchedLayer layer : layers) {
      if (!layer.demands.isEmpty()
          || !layer.active.isEmpty()
          || (andNothingToDo && layer.hasLowWork())) {
        return false;
      }
    }
    return true;
  }

  private void tick(long now) {
    for (FetchedLayer layer : layers) {
      giveUpSilentStreams(layer, now);
      for (Demand demand : List.copyOf(layer.demands)) {
        if (now - demand.since >= options.readDeadline().toNanos()) {
          expire(layer, demand);
        }
      }
    }
    dispatch.run();
  }

  private void giveUpSilentStreams(FetchedLayer layer, long now) {
    long stalledBefore = now - options.stallTimeout().toNanos();
    for (RangeStream stream : layer.active) {
      stream.killIfSilentSince(
          stalledBefore,
          () ->
              new IOException(
                  "layer %s: no bytes for %d ms at blob offset %d"
                      .formatted(
                          layer.name(), options.stallTimeout().toMillis(), stream.blobPosition())));
    }
  }

  private void expire(FetchedLayer layer, Demand demand) {
    int chunk = layer.data().nextMissing(demand.from, demand.to);
    if (chunk < 0) {
      replies.serveIfThere(layer, demand);
      return;
    }
    var reason =
        FetchFailedException.deadline(
            layer.view(), chunk, options.readDeadline(), demand.attempts, demand.lastFailure);
    replies.fail(layer, demand, reason);
  }
}
