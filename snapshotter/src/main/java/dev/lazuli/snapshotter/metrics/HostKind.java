package dev.lazuli.snapshotter.metrics;

import java.util.Locale;

/** Who was asked; the values of the label {@code host}. */
public enum HostKind {
  /** The registry that the image's reference names. */
  REGISTRY,
  /** A mirror of it. */
  MIRROR;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
