package dev.lazuli.snapshotter.containerd;

/** How far a layer is, and by which way it comes. */
public enum LayerProgress {
  /** Its turn has not come. */
  WAITING,
  /** Was on the node before: nothing to do. */
  PRESENT,
  /** Is mounted; its content arrives when it is read. Final. */
  MOUNTED,
  /** Is being downloaded whole, since it cannot be mounted. */
  DOWNLOADING,
  /** Is downloaded and being unpacked. */
  UNPACKING,
  /** Is on the node whole. Final. */
  UNPACKED
}
