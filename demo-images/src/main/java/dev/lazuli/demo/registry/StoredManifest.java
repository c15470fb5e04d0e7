package dev.lazuli.demo.registry;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** A manifest or index, parsed once. Immutable. */
public final class StoredManifest {
  /** What the specification asks registries to accept at least. */
  public static final int MAX_BYTES = 4 << 20;

  private final String digest;
  private final String mediaType;
  private final byte[] bytes;
  private final JsonNode json;

  /**
   * Parses a manifest.
   *
   * @throws JacksonException if the bytes are not JSON
   */
  public StoredManifest(String mediaType, byte[] bytes) {
    this.digest = Digests.sha256(bytes);
    this.mediaType = mediaType;
    this.bytes = bytes;
    this.json = RegistryJson.MAPPER.readTree(bytes);
  }

  /** Returns its digest. */
  public String digest() {
    return digest;
  }

  String mediaType() {
    return mediaType;
  }

  BlobContent content() {
    return BlobContent.of(bytes);
  }

  JsonNode json() {
    return json;
  }

  /** Returns the digest of the manifest that this one refers to, or "". */
  public String subject() {
    return json.path("subject").path("digest").asString("");
  }

  String artifactType() {
    return json.path("artifactType").asString(json.path("config").path("mediaType").asString(""));
  }
}
