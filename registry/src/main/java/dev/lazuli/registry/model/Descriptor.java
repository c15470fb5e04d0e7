package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import dev.lazuli.digest.Digest;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a manifest says about some content.
 *
 * @param mediaType the content's type; empty where none was given
 * @param digest the content's digest
 * @param size the content's size in bytes, not negative
 * @param annotations the descriptor's annotations, in their order
 * @param urls other places of the content (foreign layers), mostly empty
 * @param artifactType type of the artifact behind the manifest, where given
 * @param platform what the manifest's image runs on, where given
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/descriptor.md">OCI image
 *     specification: descriptors</a>
 */
public record Descriptor(
    String mediaType,
    Digest digest,
    long size,
    Map<String, String> annotations,
    List<String> urls,
    @Nullable String artifactType,
    @Nullable Platform platform) {
  /** Checks the size; the collections become unmodifiable views and must not change any more. */
  public Descriptor {
    requireNonNull(mediaType);
    requireNonNull(digest);
    annotations = java.util.Collections.unmodifiableMap(annotations);
    urls = List.copyOf(urls);
    if (size < 0) {
      throw new IllegalArgumentException("size of " + digest + " is negative: " + size);
    }
  }

  /** Makes a descriptor of just type, digest and size. */
  public Descriptor(String mediaType, Digest digest, long size) {
    this(mediaType, digest, size, Map.of(), List.of(), null, null);
  }

  /** Returns just digest and size: all else is text of a manifest's author, up to megabytes. */
  public Descriptor withoutText() {
    return new Descriptor("", digest, size);
  }
}
