package dev.lazuli.snapshotter.bench;

/** What a daemon has done when a start begins. */
enum DaemonState {
  /** Nothing since it was ready. Snapshotters that the bench does not start are as they are. */
  FRESH,
  /** One small pull. */
  WARM,
  /** One small pull, minutes ago. */
  IDLE
}
