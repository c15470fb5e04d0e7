package dev.lazuli.snapshotter.registry;

/** A stream that knows who delivers it. */
interface FromHost {
  /** Returns the host of the last piece. */
  RegistryHost host();
}
