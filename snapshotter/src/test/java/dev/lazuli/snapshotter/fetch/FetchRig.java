package dev.lazuli.snapshotter.fetch;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.estargz.Limits;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** A store, and schedulers that fetch into it; all of it ends with the rig. */
final class FetchRig implements AutoCloseable {
  /**
   * So small that blobs in memory need several requests. The unit is always 64 KiB, so that what is
   * bridged does not depend on how fast the machine is.
   */
  static final FetchOptions SMALL =
      FetchOptions.DEFAULT.withSizes(64 << 10, 64 << 10, 256 << 10, 1 << 20);

  private final FetchListener listener;
  private final LayerStore store;
  private final Deque<Closeable> toClose = new ArrayDeque<>();

  FetchRig(Path root) throws IOException {
    this(root, StoreOptions.defaults());
  }

  FetchRig(Path root, StoreOptions options) throws IOException {
    this(root, options, FetchListener.NONE);
  }

  FetchRig(Path root, FetchListener listener) throws IOException {
    this(root, StoreOptions.defaults(), listener);
  }

  @SuppressWarnings("MustBeClosed") // close() closes it.
  private FetchRig(Path root, StoreOptions options, FetchListener listener) throws IOException {
    this.listener = listener;
    store = LayerStore.open(root, options);
    toClose.push(store::close);
  }

  FetchScheduler scheduler(FetchOptions options) {
    return scheduler(options, System::nanoTime);
  }

  /**
   * Returns a scheduler for which no time passes: nothing is too slow for it, nobody has waited too
   * long, and nothing is tried again. So what it does depends on no machine's speed.
   */
  FetchScheduler timelessScheduler(FetchOptions options) {
    return scheduler(options, () -> 0);
  }

  /**
   * Returns a scheduler for which time passes twenty times more slowly: nobody has waited too long
   * on a busy machine, and what failed is still tried again.
   */
  FetchScheduler patientScheduler(FetchOptions options) {
    return scheduler(options, () -> System.nanoTime() / 20);
  }

  private FetchScheduler scheduler(FetchOptions options, LongSupplier clock) {
    var scheduler = new FetchScheduler(options, Limits.DEFAULT, listener, clock);
    toClose.push(scheduler::close);
    return scheduler;
  }

  LayerData add(TestBlob blob) throws IOException {
    LayerData data = blob.addTo(store);
    toClose.push(data::close);
    return data;
  }

  /** Waits, much longer than it can take. */
  static void await(CompletableFuture<Void> future) throws Exception {
    future.get(30, SECONDS);
  }

  @Override
  public void close() throws IOException {
    for (Closeable each : toClose) {
      each.close();
    }
  }
}
