package dev.lazuli.snapshotter.containerd;

import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Platform;
import java.util.Map;

/**
 * What to pull, and how.
 *
 * @param reference the image
 * @param snapshotter containerd's name of the snapshotter that gets the layers
 * @param platform which image of an index is for containers here
 * @param allPlatforms whether the index's other images are pulled too
 * @param prefetchBytes how much of a layer to fetch at once where the layer does not say so itself
 * @param skipVerification whether layers whose content cannot be verified may be mounted, if the
 *     daemon allows it too
 * @param labels for the image's record
 */
public record PullRequest(
    ImageReference reference,
    String snapshotter,
    Platform platform,
    boolean allPlatforms,
    long prefetchBytes,
    boolean skipVerification,
    Map<String, String> labels) {
  private static final long PREFETCH_BYTES = 10 << 20;

  /** Copies the labels. */
  public PullRequest {
    labels = Map.copyOf(labels);
  }

  /** Returns a request for this machine's platform, with 10 MiB to prefetch. */
  public static PullRequest of(ImageReference reference, String snapshotter) {
    return new PullRequest(
        reference, snapshotter, Platform.current(), false, PREFETCH_BYTES, false, Map.of());
  }
}
