package dev.lazuli.bridge.fuse;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Knows what an additional layer store shows: {@code IMAGE/LAYER/...}, names as the asker writes
 * them. Called by several request loops at once; no method may wait, and a name may be anything.
 */
public interface StoreHandler {
  /** Returns whether a name is a valid image's; does not wait. */
  boolean isImage(String image);

  /** Returns whether a name is a valid layer's; does not wait. */
  boolean isLayer(String layer);

  /**
   * Finds a layer, which may take long; fails if there is none, or nobody can tell in time.
   *
   * @return the caller's own, who cancels it once nobody waits
   */
  CompletableFuture<View> find(String image, String layer);

  /** Returns a layer that was found and is still here. */
  @Nullable View view(String image, String layer);

  /**
   * Counts one more use of a layer.
   *
   * @param request of the kernel
   * @return completes once the count is safe
   */
  CompletableFuture<Void> use(String image, String layer, Request request);

  /** Takes one use of a layer back, likewise; with the last one the layer may go. */
  CompletableFuture<Void> release(String image, String layer, Request request);

  /**
   * A request that changes something.
   *
   * @param number the kernel's, used once by each connection
   * @param isRepeated whether a former process has had it too, and did not answer
   */
  record Request(long number, boolean isRepeated) {}

  /** What an additional layer store shows of one layer. Methods are cheap and do not wait. */
  interface View {
    /** Returns the directory that the layer is mounted at from now on. */
    Path tree();

    /** Returns what is known of the layer, a JSON object; not to be changed. */
    byte[] info();

    /** Returns the size in bytes of the layer's blob. */
    long blobSize();
  }
}
