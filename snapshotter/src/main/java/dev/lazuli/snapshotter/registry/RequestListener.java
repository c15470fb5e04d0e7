package dev.lazuli.snapshotter.registry;

import dev.lazuli.snapshotter.metrics.HostKind;
import dev.lazuli.snapshotter.metrics.RequestResult;

/** Hears how each host answered that was asked. Called on many threads; quick, throws nothing. */
@FunctionalInterface
public interface RequestListener {
  /** Hears nothing. */
  RequestListener NONE = (_, _) -> {};

  /** A host was asked once, with what authorisation and redirects took. */
  void answered(HostKind host, RequestResult result);
}
