package dev.lazuli.registry.hosts;

/** A stream that knows who delivers it. */
public interface FromHost {
  /** Returns the host of the last piece. */
  RegistryHost host();
}
