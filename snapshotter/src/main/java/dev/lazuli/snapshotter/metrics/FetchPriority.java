package dev.lazuli.snapshotter.metrics;

import java.util.Locale;

/** For whom bytes are fetched; the values of the label {@code priority}. */
public enum FetchPriority {
  /** A reader waits. */
  DEMAND,
  /** Wanted soon after the mount. */
  PREFETCH,
  /** To complete the layer. */
  BACKGROUND;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
