package dev.lazuli.snapshotter.bulk;

import dev.lazuli.estargz.read.LayerUnpacker;
import java.time.Duration;

/**
 * What pulling layers whole may take of a node.
 *
 * @param enabled whether layers without an index are pulled by this daemon at all
 * @param parallel how many layers are pulled at the same time, 1 to 16; others wait
 * @param memoryBytes memory for bytes that came before their turn, of all pulls together
 * @param ranges how many ranges of one blob are open at the same time at most, at least 1
 * @param timeout how long a client waits for one layer before it is told to unpack it itself
 * @param indexBytes disk space for indexes of such layers, which are kept after they are gone; 0 if
 *     none are made
 */
public record BulkOptions(
    boolean enabled,
    int parallel,
    long memoryBytes,
    int ranges,
    Duration timeout,
    long indexBytes) {
  /**
   * On; three layers at a time, six ranges each, 4 MiB for what comes early, half an hour, 256 MiB
   * for indexes.
   */
  public static final BulkOptions DEFAULT =
      new BulkOptions(true, 3, 4L << 20, 6, Duration.ofMinutes(30), 256L << 20);

  /** As many as can share the memory for their indexes. */
  public static final int MOST_PARALLEL = 16;

  /** Checks the ranges. */
  public BulkOptions {
    if (parallel < 1
        || parallel > MOST_PARALLEL
        || memoryBytes < 0
        || ranges < 1
        || indexBytes < 0
        || !timeout.isPositive()) {
      throw new IllegalArgumentException(
          "%d layers at a time, %d ranges of each, %d bytes, %s"
              .formatted(parallel, ranges, memoryBytes, timeout));
    }
  }

  /** Returns how many bytes of a layer's tar lie between checkpoints at least. */
  long spacing() {
    return indexBytes > 0 ? LayerUnpacker.SPACING_BYTES : LayerUnpacker.NO_CHECKPOINTS;
  }

  /** Returns these options with other space for indexes. */
  public BulkOptions withIndexBytes(long bytes) {
    return new BulkOptions(enabled, parallel, memoryBytes, ranges, timeout, bytes);
  }

  /** Returns these options, switched on or off. */
  public BulkOptions withEnabled(boolean on) {
    return new BulkOptions(on, parallel, memoryBytes, ranges, timeout, indexBytes);
  }
}
