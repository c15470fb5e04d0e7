package dev.lazuli.snapshotter.config;

/** How layers are mounted. */
public enum MountWay {
  /** The best way that the kernel allows. */
  AUTO,
  /** EROFS mounted from files; Linux 6.12 and newer. */
  EROFS_LAZY,
  /** EROFS on loop devices; Linux 5.16 and newer. */
  EROFS_LOOP,
  /** A FUSE tree served by the daemon; any kernel, and user namespaces. */
  FUSE_TREE
}
