package dev.lazuli.snapshotter.fetch;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The images whose snapshots hold claims on a layer and were found to have it. What the layer's
 * record remembers is bounded, so others can push an image out of it; as long as the image is used,
 * its registry is asked all the same. Thread-safe.
 */
public final class ImagesInUse {
  private final ConcurrentHashMap<String, Integer> claims = new ConcurrentHashMap<>();

  /** Counts one more claim. */
  public void add(String reference) {
    claims.merge(reference, 1, Integer::sum);
  }

  /** Takes back what {@link #add} has counted; does nothing if it has not. */
  public void remove(String reference) {
    claims.computeIfPresent(reference, (_, count) -> count == 1 ? null : count - 1);
  }

  /** Returns the images in use, and after them those that are recorded, in their order. */
  public List<String> before(List<String> recorded) {
    var images = new ArrayList<>(claims.keySet());
    images.removeAll(recorded);
    images.addAll(recorded);
    return images;
  }
}
