package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.erofs.ErofsImage;
import org.jspecify.annotations.Nullable;

/**
 * Knows the layers whose trees are shown. Called by several request loops at once, on every request
 * for a tree; it must be cheap and must not block.
 */
@FunctionalInterface
public interface TreeProvider {
  /**
   * Returns a layer's metadata image, or null if it is not (or no longer) to be seen. An image that
   * is closed while a request looks into it makes that request fail with {@code EIO}.
   */
  @Nullable ErofsImage tree(long slot);
}
