package dev.lazuli.snapshotter.convert;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Converts the layers of an image, a few at a time, each once however often the image has it. The
 * first failure ends the others. Used by one thread.
 */
final class LayerRun implements AutoCloseable {
  private static final long POLL_MILLIS = 200;

  private final LayerConverter converter;
  private final ConvertListener listener;
  private final ExecutorService workers;
  private final Map<LayerWork, Future<ConvertedLayer>> layers = new LinkedHashMap<>();
  private volatile @Nullable IOException failure;

  LayerRun(LayerConverter converter, ConvertListener listener, int atOnce) {
    this.converter = converter;
    this.listener = listener;
    workers =
        Executors.newFixedThreadPool(
            atOnce, Thread.ofPlatform().daemon().name("lazuli-convert-", 0).factory());
  }

  /** Starts work on a layer, unless that was done before. */
  void start(LayerWork layer) throws IOException {
    if (!layers.containsKey(layer)) {
      try {
        layers.put(layer, workers.submit(() -> convert(layer)));
      } catch (RejectedExecutionException e) {
        throw failure(e);
      }
    }
  }

  private ConvertedLayer convert(LayerWork layer) throws IOException {
    listener.started(layer.blob());
    var start = System.nanoTime();
    try {
      var converted = converter.convert(layer);
      listener.done(converted, Duration.ofNanos(System.nanoTime() - start));
      return converted;
    } catch (IOException | RuntimeException e) {
      fail(new IOException("layer " + layer.digest() + ": " + e.getMessage(), e));
      throw e;
    }
  }

  private synchronized void fail(IOException why) {
    if (failure == null) {
      failure = why;
      workers.shutdownNow();
    }
  }

  /**
   * Waits for a layer that was started.
   *
   * @throws IOException if it, or any other, failed
   */
  ConvertedLayer await(LayerWork layer) throws IOException {
    var started = layers.get(layer);
    if (started == null) {
      throw new IllegalStateException("not started: " + layer.digest());
    }
    return get(started);
  }

  /** Returns all layers, in the order they were started. */
  List<ConvertedLayer> all() throws IOException {
    var all = new ArrayList<ConvertedLayer>();
    for (var layer : layers.values()) {
      all.add(get(layer));
    }
    return all;
  }

  private ConvertedLayer get(Future<ConvertedLayer> layer) throws IOException {
    try {
      while (failure == null) {
        try {
          return layer.get(POLL_MILLIS, MILLISECONDS);
        } catch (TimeoutException notYet) {
          // Another layer may have failed meanwhile.
        }
      }
      throw failure(null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while converting layers");
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  private IOException failure(@Nullable Exception other) {
    var known = failure;
    return known == null ? new IOException("conversion ended", other) : known;
  }

  @Override
  public void close() {
    workers.shutdownNow();
    workers.close();
  }
}
