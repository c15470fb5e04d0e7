package dev.lazuli.snapshotter.fetch;

import java.util.concurrent.CompletableFuture;

/**
 * Answers those who wait, each on a virtual thread of its own: what depends on an answer may block,
 * and must not run under the scheduler's lock. That lock is held by the callers.
 */
final class Replies {
  private final FetchListener listener;

  Replies(FetchListener listener) {
    this.listener = listener;
  }

  /** Answers the demand if its chunks are there. */
  void serveIfThere(FetchedLayer layer, Demand demand) {
    if (layer.data().nextMissing(demand.from, demand.to) < 0 && layer.demands.remove(demand)) {
      long nanos = System.nanoTime() - demand.since;
      tell(
          () -> {
            listener.demandServed(layer.name(), demand.from, demand.to, nanos);
            demand.future.complete(null);
          });
    }
  }

  /** Answers those who watch for chunks that are there. */
  void serveWatches(FetchedLayer layer) {
    for (CompletableFuture<Void> seen : layer.takeSeen()) {
      tell(() -> seen.complete(null));
    }
  }

  /** Answers the demand with an error. */
  void fail(FetchedLayer layer, Demand demand, FetchFailedException reason) {
    layer.demands.remove(demand);
    tell(
        () -> {
          listener.demandFailed(layer.name(), reason);
          demand.future.completeExceptionally(reason);
        });
  }

  /** Runs what completes a future. */
  void tell(Runnable completion) {
    Thread.ofVirtual().name("lazuli-fetch-notify").start(completion);
  }
}
