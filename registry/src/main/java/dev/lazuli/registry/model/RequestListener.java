package dev.lazuli.registry.model;

/** Hears how each host answered that was asked. Called on many threads; quick, throws nothing. */
@FunctionalInterface
public interface RequestListener {
  /** Hears nothing. */
  RequestListener NONE = (_, _) -> {};

  /**
   * A host was asked once, with what authorisation and redirects took.
   *
   * @param mirror whether it is a mirror, not the registry that the reference names
   */
  void answered(boolean mirror, HostAnswer answer);
}
