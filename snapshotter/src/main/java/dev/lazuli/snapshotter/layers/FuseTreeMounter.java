package dev.lazuli.snapshotter.layers;

import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.cache.LayerData;
import java.nio.file.Path;

/** Shows layers as directories of the daemon's own FUSE mount, which is there already. */
record FuseTreeMounter(FuseSession session) implements LayerMounter {
  @Override
  public MountKind kind() {
    return MountKind.FUSE_TREE;
  }

  @Override
  public MountedTree mount(LayerData layer) {
    return new Shown(session.tree(layer.slot()));
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
