package dev.lazuli.snapshotter.metrics;

import java.util.Locale;

/** How the wish for a lazy mount ended; the values of the label {@code outcome}. */
public enum MountOutcome {
  /** Mounted; content comes as it is read. */
  LAZY,
  /** Mounted from complete content on this node. */
  LOCAL,
  /** Mounted once it was pulled whole, having no index. */
  WHOLE,
  /** Left to containerd to download and unpack. */
  FALLBACK;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
