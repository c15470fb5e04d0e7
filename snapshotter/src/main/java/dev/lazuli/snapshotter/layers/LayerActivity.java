package dev.lazuli.snapshotter.layers;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.start.ReadTally;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Remembers what the scheduler did lately for each layer that is in use, for status. */
final class LayerActivity implements FetchListener {
  private static final long RATE_NANOS = 2_000_000_000L;

  /** Something that went wrong. */
  record Failure(String reason, Instant at) {}

  /** What happened to one layer. */
  static final class History {
    private final LongAdder errors = new LongAdder();
    private volatile @Nullable Failure last;

    @GuardedBy("this")
    private long windowStart = System.nanoTime();

    @GuardedBy("this")
    private long windowBytes;

    @GuardedBy("this")
    private long bytesPerSecond;

    private synchronized void fetched(int bytes) {
      roll();
      windowBytes += bytes;
    }

    @GuardedBy("this")
    private void roll() {
      long elapsed = System.nanoTime() - windowStart;
      if (elapsed >= RATE_NANOS) {
        bytesPerSecond = windowBytes * 1_000_000_000L / elapsed;
        windowStart += elapsed;
        windowBytes = 0;
      }
    }

    private void failed(IOException reason) {
      errors.increment();
      last = new Failure(String.valueOf(reason.getMessage()), Instant.now());
    }

    synchronized long bytesPerSecond() {
      roll();
      return bytesPerSecond;
    }

    long errors() {
      return errors.sum();
    }

    Optional<Failure> last() {
      return Optional.ofNullable(last);
    }
  }

  private final ReadTally followed = new ReadTally();
  private final ConcurrentHashMap<String, History> records = new ConcurrentHashMap<>();

  /** Returns the count of what was fetched along for readers in a chain. */
  ReadTally followed() {
    return followed;
  }

  /** Remembers from now on what happens to a layer: it is in use. */
  void begin(String digest) {
    records.putIfAbsent(digest, new History());
  }

  Optional<History> ifKnown(String digest) {
    return Optional.ofNullable(records.get(digest));
  }

  void forget(String digest) {
    records.remove(digest);
  }

  @Override
  public void bytesFetched(String layer, int bytes, Priority priority) {
    ifKnown(layer).ifPresent(history -> history.fetched(bytes));
  }

  @Override
  public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
    ifKnown(layer).ifPresent(history -> history.failed(reason));
  }

  @Override
  public void sealFailed(String layer, IOException reason) {
    ifKnown(layer).ifPresent(history -> history.failed(reason));
  }

  @Override
  public void demandFailed(String layer, FetchFailedException reason) {
    ifKnown(layer).ifPresent(history -> history.failed(reason));
  }
}
