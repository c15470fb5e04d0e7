package dev.lazuli.snapshotter.waterfall;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What was fetched ahead of the readers of all layers of a node. Thread-safe. */
public final class AheadAccount {
  private final LongSupplier clock;

  @GuardedBy("this")
  private final Map<String, AheadReads> layers = new HashMap<>();

  @GuardedBy("this")
  private Ahead ended = Ahead.NONE;

  AheadAccount(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * Begins to count for a layer, until it is forgotten.
   *
   * @param layer the blob's digest
   * @param sizes of its chunks' content, in bytes; known as long as the layer is used
   */
  public synchronized AheadReads begin(String layer, IntToLongFunction sizes) {
    var reads = new AheadReads(sizes, clock);
    var before = layers.put(layer, reads);
    end(before);
    return reads;
  }

  void arrived(String layer, int chunk) {
    reads(layer).ifPresent(reads -> reads.arrived(chunk));
  }

  private synchronized Optional<AheadReads> reads(String layer) {
    return Optional.ofNullable(layers.get(layer));
  }

  synchronized void forget(String layer) {
    end(layers.remove(layer));
  }

  @GuardedBy("this")
  private void end(@Nullable AheadReads reads) {
    if (reads != null) {
      var figures = reads.end();
      ended = figures.decided() ? ended.plus(figures) : ended;
    }
  }

  /** Returns what is known of a layer. */
  Ahead figures(String layer) {
    return reads(layer).map(AheadReads::figures).orElse(Ahead.NONE);
  }

  /** Returns what has been decided since the daemon started, of all layers together. */
  public synchronized Ahead decided() {
    var sum = ended;
    for (var reads : layers.values()) {
      var figures = reads.figures();
      sum = figures.decided() ? sum.plus(figures) : sum;
    }
    return sum;
  }
}
