package dev.lazuli.demo.images;

import java.util.Map;

/**
 * An OCI content descriptor.
 *
 * @param mediaType what the content is
 * @param digest {@code sha256:} and 64 hexadecimal digits
 * @param size bytes
 * @param annotations as the specification allows them; may be empty
 */
public record BlobDescriptor(
    String mediaType, String digest, long size, Map<String, String> annotations) {
  /** Copies the annotations. */
  public BlobDescriptor {
    annotations = Map.copyOf(annotations);
  }

  /** Returns the same descriptor with these annotations instead of its own. */
  public BlobDescriptor withAnnotations(Map<String, String> others) {
    return new BlobDescriptor(mediaType, digest, size, others);
  }
}
