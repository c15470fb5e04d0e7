package dev.lazuli.snapshotter.layers;

/**
 * The kinds of mounts that make a layer readable as a directory; docs/architecture.md says what
 * each needs.
 */
public enum MountKind {
  /** EROFS in the kernel; its data file is served by the daemon, hole by hole. */
  EROFS_LAZY("erofs-lazy"),

  /** EROFS in the kernel over the complete data file; no daemon in the path. */
  EROFS_LOCAL("erofs-local"),

  /** As the two above with loop devices between, for kernels from 5.16 to 6.11. */
  EROFS_LOOP("erofs-loop"),

  /** A FUSE tree served from the same metadata image, for every other kernel. */
  FUSE_TREE("fuse-tree");

  private final String text;

  MountKind(String text) {
    this.text = text;
  }

  /** Returns the name in configuration, logs and status. */
  @Override
  public String toString() {
    return text;
  }
}
