package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.layers.serve.LayerMounter;
import dev.lazuli.snapshotter.layers.serve.MountedTree;
import dev.lazuli.snapshotter.status.MountKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Mounts nothing, so that no root is needed; a step before each mount may fail.
 *
 * @param directory where all trees are said to be
 * @param existed whether an earlier daemon is said to have mounted them
 */
record UnmountedTrees(Path directory, Step step, boolean existed) implements LayerMounter {
  /** What may fail. */
  @FunctionalInterface
  interface Step {
    void run() throws IOException;
  }

  @Override
  public MountKind kind() {
    return MountKind.FUSE_TREE;
  }

  @Override
  public MountedTree mount(LayerData layer) throws IOException {
    step.run();
    return tree();
  }

  private MountedTree tree() {
    return new MountedTree() {
      @Override
      public MountKind kind() {
        return MountKind.FUSE_TREE;
      }

      @Override
      public Path directory() {
        return directory;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Optional<MountedTree> existing(LayerData layer) {
    return existed ? Optional.of(tree()) : Optional.empty();
  }
}
