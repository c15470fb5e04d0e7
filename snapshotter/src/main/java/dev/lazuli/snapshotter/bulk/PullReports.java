package dev.lazuli.snapshotter.bulk;

import dev.lazuli.snapshotter.fetch.FetchListener;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log and to a listener what became of layers that were pulled whole.
 *
 * @param listener hears of what arrived
 */
public record PullReports(FetchListener listener) implements BulkListener {
  private static final Logger log = LoggerFactory.getLogger(PullReports.class);

  @Override
  public void pulled(BulkProgress progress, long nanos) {
    log.info(
        "layer {}: pulled whole, {} bytes in {} ms, {} bytes of content",
        progress.digest(),
        progress.blobBytes(),
        Duration.ofNanos(nanos).toMillis(),
        progress.writtenBytes());
    listener.layerPulled(progress.digest().toString(), progress.blobBytes());
  }

  @Override
  public void failed(BulkProgress progress, IOException reason) {
    log.warn(
        "layer {}: not pulled, after {} of {} bytes: {}",
        progress.digest(),
        progress.arrivedBytes(),
        progress.blobBytes(),
        reason.getMessage());
  }
}
