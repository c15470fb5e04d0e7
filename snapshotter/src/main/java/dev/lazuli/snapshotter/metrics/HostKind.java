package dev.lazuli.snapshotter.metrics;

import java.util.Locale;

/** Who was asked; the values of the label {@code host}. */
enum HostKind {
  /** The registry that the image's reference names. */
  REGISTRY,
  /** A mirror of it. */
  MIRROR;

  static HostKind of(boolean mirror) {
    return mirror ? MIRROR : REGISTRY;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
