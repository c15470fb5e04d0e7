package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.status.MountKind;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Shows layers as directories of the daemon's own FUSE mount, which is there already.
 *
 * @param session where that mount is
 */
record FuseTreeMounter(Path session) implements LayerMounter {
  @Override
  public MountKind kind() {
    return MountKind.FUSE_TREE;
  }

  @Override
  public MountedTree mount(LayerData layer) {
    return new Shown(FuseSession.tree(session, layer.slot()));
  }

  @Override
  public Optional<MountedTree> existing(LayerData layer) {
    return Optional.of(mount(layer));
  }

  private record Shown(Path directory) implements MountedTree {
    @Override
    public MountKind kind() {
      return MountKind.FUSE_TREE;
    }

    @Override
    public void close() {
      // The tree is gone once its slot is no longer served.
    }
  }
}
