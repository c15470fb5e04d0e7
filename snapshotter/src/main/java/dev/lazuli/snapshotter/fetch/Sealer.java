package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Records that a layer is whole, on a thread of its own: syncing what was written takes long.
 *
 * @param ended told how it ended
 */
record Sealer(AttachedLayer layer, FetchListener listener, Ended ended) implements Runnable {
  /** Takes the end of sealing. */
  @FunctionalInterface
  interface Ended {
    /**
     * Sealing has ended.
     *
     * @param sealed whether the layer is recorded as complete
     * @param failure why it failed; a full disk has room again some day
     */
    void ended(boolean sealed, @Nullable Throwable failure);
  }

  @Override
  public void run() {
    boolean sealed = false;
    Throwable failure = null;
    try (LayerData data = layer.data().share()) {
      sealed = data.seal();
    } catch (IOException e) {
      failure = e;
      listener.sealFailed(layer.name(), e);
    } catch (RuntimeException | Error e) {
      failure = e;
      listener.sealFailed(layer.name(), new IOException("unexpected: " + e, e));
    } finally {
      ended.ended(sealed, failure);
    }
    if (sealed) {
      listener.layerComplete(layer.name());
      layer.completed().complete(null);
    }
  }
}
