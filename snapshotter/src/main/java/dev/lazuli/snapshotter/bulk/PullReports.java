package dev.lazuli.snapshotter.bulk;

import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.fetch.FetchListener;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log and to a listener what became of layers that were pulled whole.
 *
 * @param listener hears of what arrived
 * @param whole is shown what was pulled, on the thread that pulls, so it must not wait
 * @param recorder notes something of layers while they are pulled
 */
public record PullReports(FetchListener listener, Consumer<LayerData> whole, PullRecorder recorder)
    implements BulkListener {
  private static final Logger log = LoggerFactory.getLogger(PullReports.class);

  /** Reports of pulls of which nobody notes anything. */
  public PullReports(FetchListener listener, Consumer<LayerData> whole) {
    this(listener, whole, PullRecorder.NONE);
  }

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
  public void stored(LayerData layer) {
    whole.accept(layer);
  }

  @Override
  public void failed(BulkProgress progress, IOException reason) {
    if (reason instanceof GivenUpException) {
      log.debug("layer {}: {}", progress.digest(), reason.getMessage());
      return;
    }
    log.warn(
        "layer {}: pull failed after {} of {} bytes: {}",
        progress.digest(),
        progress.arrivedBytes(),
        progress.blobBytes(),
        reason.getMessage());
  }
}
