package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.snapshotter.status.MountKind;
import java.nio.file.Path;

/** A layer made readable at a directory. */
public interface MountedTree extends AutoCloseable {
  MountKind kind();

  /** Returns the directory; readable until {@link #close}. */
  Path directory();

  /** Unmounts; always ends, and never fails: what is still in use goes with its last user. */
  @Override
  void close();
}
