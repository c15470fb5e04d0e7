package dev.lazuli.snapshotter.node;

import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.metrics.FetchFailure;
import dev.lazuli.snapshotter.metrics.FetchPriority;
import dev.lazuli.snapshotter.metrics.Metrics;
import java.io.IOException;
import java.time.Duration;

/**
 * Counts what the scheduler does in the node's metrics.
 *
 * @param metrics where to count
 */
record FetchMetrics(Metrics metrics) implements FetchListener {
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
    metrics.rangeFailed(classify(reason));
  }

  @Override
  public void chunkFetched(String layer, int chunk, long bytes, Priority priority) {
    metrics.chunkFetched(label(priority));
  }

  @Override
  public void chunkReused(String layer, int chunk, long bytes) {
    metrics.chunkReused(bytes);
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
  public void unexpected(String thread, Throwable error) {
    metrics.unexpectedError();
  }

  @Override
  public void layerPulled(String layer, long bytes) {
    metrics.layerPulled(bytes);
  }

  @Override
  public void layerComplete(String layer) {
    metrics.layerCompleted();
  }

  private static FetchFailure classify(IOException reason) {
    for (Throwable cause = reason; cause != null; cause = cause.getCause()) {
      if (cause instanceof DigestMismatchException || cause instanceof LayerFormatException) {
        return FetchFailure.WRONG_BYTES;
      }
      if (cause instanceof RegistryException answer) {
        return answer.isUnauthorized() ? FetchFailure.UNAUTHORIZED : classify(answer.status());
      }
    }
    return FetchFailure.OTHER;
  }

  private static FetchFailure classify(int status) {
    return switch (status) {
      case RegistryException.NO_STATUS -> FetchFailure.NO_ANSWER;
      case 404 -> FetchFailure.NOT_FOUND;
      default -> status < 500 ? FetchFailure.REFUSED : FetchFailure.SERVER_ERROR;
    };
  }

  private static FetchPriority label(Priority priority) {
    return switch (priority) {
      case ON_DEMAND -> FetchPriority.DEMAND;
      case PREFETCH -> FetchPriority.PREFETCH;
      case BACKGROUND -> FetchPriority.BACKGROUND;
    };
  }
}
