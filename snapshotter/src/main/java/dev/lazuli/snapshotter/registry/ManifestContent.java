package dev.lazuli.snapshotter.registry;

import static java.util.Objects.requireNonNull;

/**
 * A manifest as the registry gave it. The bytes have the descriptor's digest and size.
 *
 * @param descriptor media type, digest and size
 * @param bytes the document, byte for byte; not to be changed
 * @param manifest what it says
 */
@SuppressWarnings("ArrayRecordComponent") // identity is the descriptor's digest
public record ManifestContent(Descriptor descriptor, byte[] bytes, Manifest manifest) {
  /** Checks that all parts are there. */
  public ManifestContent {
    requireNonNull(descriptor);
    requireNonNull(bytes);
    requireNonNull(manifest);
  }
}
