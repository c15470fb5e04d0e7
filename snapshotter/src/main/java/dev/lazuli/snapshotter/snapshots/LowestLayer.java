package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.LayerRequest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a layer that is asked for without a parent is the lowest of its image.
 *
 * <p>Where containerd believes that a snapshotter can {@code rebase}, it unpacks the layers of an
 * image side by side: it names no parent in Prepare, but in Commit. It never commits what was
 * mounted in Prepare, so such a snapshot would be all that containers see of the image. Newer
 * versions (2.3) name the parent in a label; for others, the image's manifest tells. The manifest
 * is read while the layer is being mounted, and remembered for what needs it next. Where it cannot
 * be read, the layer is taken for the lowest: proving it will show if it is not.
 */
final class LowestLayer {
  private static final Logger log = LoggerFactory.getLogger(LowestLayer.class);

  /** containerd's label for the chain ID of what a layer will be committed above. */
  private static final String PARENT_LABEL = "containerd.io/snapshot/parent-chain-id";

  /** A label has 4096 bytes, so a list of more digests than this may have been cut short. */
  private static final int WHOLE_LIST = 50;

  /** How long the manifest is waited for once the layer is mounted. */
  private static final long PATIENCE_MILLIS = 5_000;

  private static final String REFUSAL =
      "containerd unpacks the layers of this image side by side, and does not say what this one is"
          + " to be mounted above: remove \"rebase\" from the capabilities of the snapshotter in"
          + " containerd's configuration";

  /** Reads the manifest. */
  interface Listing {
    /** Returns the image's layers from the bottom up; empty if nothing is known. */
    List<Digest> layers() throws IOException;
  }

  private final LayerRequest request;
  private final CompletableFuture<List<Digest>> layers;

  private LowestLayer(LayerRequest request, CompletableFuture<List<Digest>> layers) {
    this.request = request;
    this.layers = layers;
  }

  /**
   * Starts to find out.
   *
   * @throws IOException if the client says that it is not the lowest, but names no parent
   */
  static LowestLayer of(
      LayerRequest request, String parent, Map<String, String> labels, Listing listing)
      throws IOException {
    if (!parent.isEmpty()) {
      return new LowestLayer(request, CompletableFuture.completedFuture(List.of()));
    }
    if (!labels.getOrDefault(PARENT_LABEL, "").isEmpty()) {
      throw new IOException(REFUSAL);
    }
    var layers = new CompletableFuture<List<Digest>>();
    if (request.manifestDigest().isEmpty()) {
      layers.complete(List.of());
    } else {
      Thread.ofVirtual().name("lowest-" + request.digest()).start(() -> read(listing, layers));
    }
    return new LowestLayer(request, layers);
  }

  private static void read(Listing listing, CompletableFuture<List<Digest>> layers) {
    try {
      layers.complete(listing.layers());
    } catch (IOException | RuntimeException e) {
      layers.completeExceptionally(e);
    }
  }

  /**
   * Returns normally unless the layer is known to belong above others.
   *
   * @throws IOException if it does
   */
  void require() throws IOException {
    try {
      if (!fits(layers.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS))) {
        throw new IOException(REFUSAL);
      }
    } catch (ExecutionException | TimeoutException e) {
      log.debug(
          "layer {}: whether it is the lowest is not known: {}", request.digest(), e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a manifest", e);
    }
  }

  /** The client's own list begins with the layer itself: a shorter one is that of a later layer. */
  private boolean fits(List<Digest> listed) {
    if (listed.isEmpty()) {
      return true;
    }
    int own = request.chain().size();
    return listed.getFirst().equals(request.digest())
        && (own == 0 || own >= Math.min(listed.size(), WHOLE_LIST));
  }
}
