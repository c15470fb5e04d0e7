package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import dev.lazuli.digest.Digest;
import java.io.IOException;

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

  /**
   * Reads a document that lies somewhere else than in a registry.
   *
   * @param mediaType as its descriptor has it, used where the document itself says none
   * @throws IOException if it is neither a manifest nor an index
   */
  public static ManifestContent of(byte[] bytes, String mediaType) throws IOException {
    Manifest manifest = ManifestParser.parse(bytes, mediaType);
    return new ManifestContent(
        new Descriptor(manifest.mediaType(), Digest.sha256(bytes), bytes.length), bytes, manifest);
  }
}
