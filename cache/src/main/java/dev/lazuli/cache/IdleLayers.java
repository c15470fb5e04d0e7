package dev.lazuli.cache;

import static java.lang.System.Logger.Level.WARNING;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Unused layers whose files stay open for the next user, a bounded number. Thread-safe. */
final class IdleLayers {
  private static final System.Logger LOG = System.getLogger(IdleLayers.class.getName());

  private final Cache<StoredLayer, Boolean> layers;

  IdleLayers(int most) {
    this.layers =
        Caffeine.newBuilder()
            .maximumSize(most)
            .evictionListener(
                (@Nullable StoredLayer layer, @Nullable Boolean _, RemovalCause _) ->
                    closeLater(layer))
            .build();
  }

  void add(StoredLayer layer) {
    layers.put(layer, true);
  }

  void remove(StoredLayer layer) {
    layers.invalidate(layer);
  }

  private static void closeLater(@Nullable StoredLayer layer) {
    if (layer == null) {
      return;
    }
    try {
      Thread.ofVirtual().name("lazuli-cache-close").start(() -> closeNow(layer));
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      closeNow(layer); // There is no thread to spare, and its files must not stay open.
    }
  }

  /** Closes the layer unless it is in use again. */
  static void closeNow(StoredLayer layer) {
    try {
      layer.closeIfIdle();
    } catch (IOException | RuntimeException e) {
      LOG.log(WARNING, "closing layer " + layer.record().digest(), e);
    }
  }
}
