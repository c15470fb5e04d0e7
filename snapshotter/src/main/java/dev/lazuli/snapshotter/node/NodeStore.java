package dev.lazuli.snapshotter.node;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.fuse.FuseSession.StorePlace;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.layers.LayerOrigin;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.podman.PodmanStore;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A node's additional layer store, if it is switched on. For one thread, but for the counts. */
final class NodeStore implements AutoCloseable {
  private static final String USES = "store-uses";

  private final Path directory;
  private final Optional<PodmanStore> store;

  private NodeStore(Path directory, Optional<PodmanStore> store) {
    this.directory = directory;
    this.store = store;
  }

  /**
   * Opens what the configuration says.
   *
   * @param banned what has lied on this node
   * @throws IOException if it cannot be read which layers are used
   */
  static NodeStore open(
      Configuration config,
      RemoteLayers layers,
      LayerOrigin origin,
      BannedLayers banned,
      Metrics metrics)
      throws IOException {
    var file = config.root().resolve(USES);
    var timeout = config.mount().timeout();
    return new NodeStore(
        config.storeDirectory(),
        config.store()
            ? Optional.of(PodmanStore.open(file, layers, origin, banned, metrics, timeout))
            : Optional.empty());
  }

  /** Returns where it is mounted. */
  Optional<StorePlace> place() {
    return store.map(opened -> new StorePlace(directory, opened));
  }

  /**
   * The FUSE session is this daemon's. The kernel is asked for the store's directory once, and
   * remembers it: clients look at it first, and must not wait while there is no daemon.
   *
   * @throws IOException if what a former daemon mounted is no longer wanted and cannot be unmounted
   */
  void takenOver() throws IOException {
    if (store.isPresent()) {
      Thread.ofVirtual().name("store-seen").start(() -> Files.isDirectory(directory));
    } else {
      ErofsMount.unmount(directory);
    }
  }

  /** Mounts what is used, from now on. */
  void start(Troubles troubles) {
    store.ifPresent(opened -> opened.start(troubles));
  }

  /** Returns how often each layer is used through the store. */
  Map<Digest, Integer> counts() {
    return store.map(PodmanStore::counts).orElse(Map.of());
  }

  @Override
  public void close() {
    store.ifPresent(PodmanStore::close);
  }
}
