package dev.lazuli.estargz.read;

import java.util.Map;
import java.util.Optional;

/**
 * Annotations of lazy layers' descriptors. zstd:chunked has two families: stargz-snapshotter and
 * containers/storage up to 2022 say {@code io.containers}, later containers/storage {@code
 * io.github.containers}. Podman refuses images that give {@link #TOC_DIGEST} of a layer and the
 * checksum of the second family as well.
 */
public final class Annotations {
  /** SHA-256 of the TOC's uncompressed JSON; containerd hands it on as a snapshot label. */
  public static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  /** Size of the layer's tar in bytes, for containers/storage. */
  public static final String UNCOMPRESSED_SIZE = "io.containers.estargz.uncompressed-size";

  /** SHA-256 of the compressed TOC, stargz-snapshotter's key. */
  public static final String STARGZ_CHECKSUM = "io.containers.zstd-chunked.manifest-checksum";

  /** {@code offset:compressed size:size:1} of the TOC, stargz-snapshotter's key. */
  public static final String STARGZ_POSITION = "io.containers.zstd-chunked.manifest-position";

  /** SHA-256 of the compressed TOC, containers/storage's key. */
  public static final String CONTAINERS_CHECKSUM =
      "io.github.containers.zstd-chunked.manifest-checksum";

  /** {@code offset:compressed size:size:1} of the TOC, containers/storage's key. */
  public static final String CONTAINERS_POSITION =
      "io.github.containers.zstd-chunked.manifest-position";

  /** In an image of external TOCs: digest of the layer that a TOC belongs to. */
  public static final String LAYER_DIGEST = "containerd.io/snapshot/stargz/layer.digest";

  /** What the tag of an image's external TOCs has behind the image's own. */
  public static final String TOC_IMAGE_SUFFIX = "-esgztoc";

  static Optional<String> either(Map<String, String> annotations, String first, String second) {
    return Optional.ofNullable(annotations.get(first))
        .or(() -> Optional.ofNullable(annotations.get(second)));
  }

  private Annotations() {}
}
