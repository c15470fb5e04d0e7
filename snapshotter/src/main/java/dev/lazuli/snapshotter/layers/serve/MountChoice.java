package dev.lazuli.snapshotter.layers.serve;

/** How layers are to be mounted while they are incomplete; complete ones follow from it. */
public enum MountChoice {
  /** The best that kernel and file system allow. */
  AUTO,
  /** {@link MountKind#EROFS_LAZY}, then {@link MountKind#EROFS_LOCAL}. */
  EROFS_LAZY,
  /** {@link MountKind#EROFS_LOOP} throughout. */
  EROFS_LOOP,
  /** {@link MountKind#FUSE_TREE} throughout. */
  FUSE_TREE
}
