package dev.lazuli.snapshotter.layers;

/** When the digest of a layer's table of contents must be known. */
enum Trust {
  /** Now: the claim is for a snapshot. */
  REQUIRED,

  /** Now, for a snapshot that had the layer before: nothing else is asked. */
  RESTORED,

  /** Later: nobody sees the layer before a claim of the other kind has compared the digest. */
  DEFERRED
}
