package dev.lazuli.snapshotter.fetch.plan;

/** Why a range is fetched, most urgent first. */
public enum Priority {
  /** Somebody waits for a chunk. */
  ON_DEMAND,
  /** The image says the chunks will be needed to start. */
  PREFETCH,
  /** The layer is being completed. */
  BACKGROUND
}
