package dev.lazuli.snapshotter.containerd;

import dev.lazuli.registry.model.Descriptor;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The downloads of layers that are not mounted. The first one needed starts those of all layers
 * above that do not even promise to be mountable. Used by one thread.
 */
final class Downloads implements AutoCloseable {
  private static final int AT_ONCE = 3;

  /** Downloads one layer. */
  interface Download {
    void run(Descriptor layer) throws IOException, InterruptedException;
  }

  private final Download download;
  private final Map<String, Future<?>> started = new HashMap<>();
  private final ExecutorService threads;

  Downloads(List<Descriptor> layers, Download download) {
    this.download = download;
    this.threads =
        Executors.newFixedThreadPool(
            Math.clamp(layers.size(), 1, AT_ONCE),
            Thread.ofVirtual().name("download-", 0).factory());
  }

  /**
   * Waits until the first of these layers is downloaded, having started what will be needed too.
   */
  void await(List<Descriptor> layers) throws IOException, InterruptedException {
    var first = start(layers.getFirst());
    for (var layer : layers.subList(1, layers.size())) {
      if (!LayerLabels.promisesToc(layer)) {
        var _ = start(layer);
      }
    }
    try {
      var _ = first.get();
    } catch (ExecutionException e) {
      throw unwrapped(e);
    }
  }

  private Future<?> start(Descriptor layer) {
    return started.computeIfAbsent(
        layer.digest().toString(),
        _ ->
            threads.submit(
                () -> {
                  download.run(layer);
                  return null;
                }));
  }

  private static IOException unwrapped(ExecutionException e) {
    return switch (e.getCause()) {
      case IOException cause -> cause;
      case InterruptedException _ -> new InterruptedIOException("a download was interrupted");
      case null, default -> new IOException("a download failed: " + e.getCause(), e);
    };
  }

  /** Ends what still runs. */
  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
  }
}
