package dev.lazuli.cache;

import static java.lang.System.Logger.Level.WARNING;

import dev.lazuli.cache.chunks.Holes;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.disk.HolePuncher;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Gives disk back that chunks of a layer take: those that are evicted, those that were begun and
 * given up, and what was left of others. Each chunk that it touches is locked meanwhile, so that
 * nobody writes it, and the layer cannot become complete without it.
 */
final class Reclaim {
  private static final System.Logger LOG = System.getLogger(Reclaim.class.getName());

  private final Layer layer;
  private final Presence presence;
  private final Holes holes;

  /** Where the clock's hand points; only used under the {@link StoredLayer}'s monitor. */
  private int hand;

  Reclaim(Layer layer, @Nullable HolePuncher puncher) {
    this.layer = layer;
    this.presence = layer.presence();
    this.holes = new Holes(layer.chunks(), presence, layer.data().path(), puncher);
  }

  /** Drops the first {@code written} bytes of a locked chunk that is not present. */
  void forget(int chunk, long written) {
    if (written == 0) {
      return;
    }
    try {
      if (presence.doubts(chunk)) {
        dropDoubted(chunk);
      } else {
        presence.settle();
        holes.punch(chunk, chunk + 1);
      }
    } catch (IOException e) {
      // Bytes that stay are not marked present, and the chunk's next fetch overwrites them. A doubt
      // that stays does no harm: such bytes are verified before use.
      LOG.log(WARNING, "layer " + layer.digest() + ": clearing an aborted chunk", e);
    }
  }

  /** Nobody counts what a killed process has left, so it goes before the layer has a user. */
  void clearLeftovers() {
    try {
      holes.clear();
    } catch (IOException e) {
      LOG.log(WARNING, "layer " + layer.digest() + ": clearing what a killed process left", e);
    }
  }

  /** Gives up what was left of a locked chunk. */
  void dropDoubted(int chunk) throws IOException {
    presence.settle();
    holes.punch(chunk, chunk + 1);
    try {
      presence.dispel(chunk);
    } finally {
      if (!presence.doubts(chunk)) {
        layer.shrankBy(chunk);
      }
    }
  }

  /**
   * Moves the clock's hand over one present chunk: evicts it if it was not read since the hand came
   * by last. What an earlier boot left unverified goes before anything else. Of a complete layer
   * nothing goes: the kernel may read its data file itself, on a mount that a former daemon made
   * and a container still holds. Only called under the {@link StoredLayer}'s monitor, when the
   * layer is not pinned.
   *
   * @return false if there is nothing to evict
   */
  boolean evictNext() throws IOException {
    return layer.record().completed() == null && (evictDoubted() || evictPresent());
  }

  private boolean evictDoubted() throws IOException {
    int count = layer.chunks().count();
    int chunk = presence.nextDoubted(0, count);
    while (chunk >= 0 && !layer.lock(chunk)) {
      chunk = presence.nextDoubted(chunk + 1, count);
    }
    if (chunk < 0) {
      return false;
    }
    try {
      if (presence.doubts(chunk)) {
        dropDoubted(chunk);
      }
    } finally {
      layer.unlock(chunk);
    }
    return true;
  }

  private boolean evictPresent() throws IOException {
    int chunk = presence.nextPresent(hand, layer.chunks().count());
    if (chunk < 0) {
      chunk = presence.nextPresent(0, hand);
    }
    if (chunk < 0) {
      return false;
    }
    hand = chunk + 1;
    if (!layer.takeTouched(chunk) && layer.lock(chunk)) {
      try {
        evict(chunk);
      } finally {
        layer.unlock(chunk);
      }
    }
    return true;
  }

  private void evict(int chunk) throws IOException {
    if (!layer.takeAway(chunk)) {
      return;
    }
    try {
      holes.punch(chunk, chunk + 1);
    } catch (IOException | RuntimeException e) {
      presence.doubt(chunk); // The bytes are still there, still counted, and go some other time.
      throw e;
    }
    layer.shrankBy(chunk);
  }
}
