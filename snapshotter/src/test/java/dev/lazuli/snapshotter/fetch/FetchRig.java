package dev.lazuli.snapshotter.fetch;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.containerd.Leftovers;
import dev.lazuli.estargz.Limits;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A store for each test, and schedulers that fetch into it; all of it ends with the test.
 *
 * <pre>{@code
 * @RegisterExtension
 * final FetchRig rig = new FetchRig();
 * }</pre>
 */
final class FetchRig implements BeforeEachCallback, AfterEachCallback, AutoCloseable {
  /**
   * So small that blobs in memory need several requests. The unit is always 64 KiB, so that what is
   * bridged does not depend on how fast the machine is.
   */
  static final FetchOptions SMALL =
      FetchOptions.DEFAULT.withSizes(64 << 10, 64 << 10, 256 << 10, 1 << 20);

  /** The same, where a request may grow to four units. */
  static final FetchOptions GROWING =
      FetchOptions.DEFAULT.withSizes(64 << 10, 256 << 10, 256 << 10, 1 << 20);

  private final FetchListener listener;
  private final Deque<Closeable> toClose = new ArrayDeque<>();
  private @Nullable LayerStore store;

  FetchRig() {
    this(FetchListener.NONE);
  }

  FetchRig(FetchListener listener) {
    this.listener = listener;
  }

  @Override
  @SuppressWarnings("MustBeClosed") // close() closes it.
  public void beforeEach(ExtensionContext context) throws IOException {
    var root = Files.createTempDirectory("fetch");
    toClose.push(() -> Leftovers.delete(root));
    var opened = LayerStore.open(root, StoreOptions.defaults());
    toClose.push(opened::close);
    store = opened;
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

  /** Returns a scheduler by another clock. */
  FetchScheduler scheduler(FetchOptions options, LongSupplier clock) {
    var scheduler = new FetchScheduler(options, Limits.DEFAULT, listener, clock);
    toClose.push(scheduler::close);
    return scheduler;
  }

  LayerData add(TestBlob blob) throws IOException {
    LayerData data = blob.addTo(requireNonNull(store));
    toClose.push(data::close);
    return data;
  }

  /** Waits, much longer than it can take. */
  static void await(CompletableFuture<Void> future) throws Exception {
    future.get(30, SECONDS);
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    close();
  }

  /** Ends all of it, for a test that looks at what is left. Idempotent. */
  @Override
  public void close() throws IOException {
    while (!toClose.isEmpty()) {
      toClose.pop().close();
    }
  }
}
