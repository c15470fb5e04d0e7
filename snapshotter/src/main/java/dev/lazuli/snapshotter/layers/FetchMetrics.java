package dev.lazuli.snapshotter.layers;

import dev.lazuli.snapshotter.fetch.FetchFailedException;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.Priority;
import dev.lazuli.snapshotter.metrics.FetchPriority;
import dev.lazuli.snapshotter.metrics.Metrics;
import java.io.IOException;
import java.time.Duration;

/**
 * Counts what the scheduler does in the node's metrics.
 *
 * @param metrics where to count
 */
public record FetchMetrics(Metrics metrics) implements FetchListener {
  @Override
  public void rangeOpened(String layer, long offset, long length, Priority priority) {
    metrics.rangeRequested(label(priority));
  }

  @Override
  public void bytesFetched(String layer, int bytes, Priority priority) {
    metrics.fetched(label(priority), bytes);
  }

  @Override
  public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
    metrics.rangeFailed(FetchPriority.DEMAND);
  }

  @Override
  public void demandServed(String layer, int fromChunk, int toChunk, long nanos) {
    metrics.readWaited(Duration.ofNanos(nanos));
  }

  @Override
  public void demandFailed(String layer, FetchFailedException reason) {
    metrics.readFailed();
  }

  @Override
  public void layerComplete(String layer) {
    metrics.layerCompleted();
  }

  private static FetchPriority label(Priority priority) {
    return switch (priority) {
      case ON_DEMAND -> FetchPriority.DEMAND;
      case PREFETCH -> FetchPriority.PREFETCH;
      case BACKGROUND -> FetchPriority.BACKGROUND;
    };
  }
}
