package dev.lazuli.snapshotter.podman;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.podman.StoredUse.NamedLayer;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.proof.Finding;
import java.util.Optional;

/**
 * What has lied on this node, as the store sees it: the list is that of containerd's snapshots,
 * too. A layer is known there by its table of contents, and by the chain ID it was passed off as;
 * for the store, which mounts single layers, that is the DiffID. Thread-safe.
 */
final class StoreBans {
  private final BannedLayers banned;

  StoreBans(BannedLayers banned) {
    this.banned = banned;
  }

  /**
   * Returns why a layer is banned; empty if it is not.
   *
   * @param layer as its image names it
   * @param mounted by what it was mounted
   */
  Optional<String> reason(NamedLayer layer, LayerRequest mounted) {
    return banned
        .reason(layerKey(mounted))
        .or(() -> banned.reason(repositoryKey(mounted)))
        .or(() -> banned.reason(diffIdKey(layer)));
  }

  /** Bans a layer that is not what its image says. */
  void ban(HeldLayer layer, Finding finding, String reason) {
    var mounted = layer.request();
    String key;
    if (finding.lie().isEmpty()) {
      key = diffIdKey(layer.layer());
    } else {
      key = finding.isAboutRegistries() ? repositoryKey(mounted) : layerKey(mounted);
    }
    banned.ban(key, reason);
  }

  private static String layerKey(LayerRequest mounted) {
    return BannedLayers.layer(mounted.digest(), toc(mounted));
  }

  private static String repositoryKey(LayerRequest mounted) {
    var repository = ImageReference.repositoryOf(mounted.reference());
    return BannedLayers.layerOf(repository, mounted.digest(), toc(mounted));
  }

  private static String diffIdKey(NamedLayer layer) {
    return BannedLayers.chain(layer.diffId().toString(), layer.digest());
  }

  private static Optional<Digest> toc(LayerRequest mounted) {
    return mounted.tocDigest().or(mounted::tocChecksum);
  }
}
