package dev.lazuli.snapshotter.convert;

import java.util.Map;

/** Media types of layers and configurations, OCI's and Docker's. */
final class LayerTypes {
  private static final String OCI_TAR = "application/vnd.oci.image.layer.v1.tar";
  private static final String DOCKER_TAR = "application/vnd.docker.image.rootfs.diff.tar";
  private static final String DOCKER_GZIP = DOCKER_TAR + ".gzip";
  private static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";

  private static final Map<String, String> TO_OCI =
      Map.of(
          DOCKER_TAR,
          OCI_TAR,
          DOCKER_GZIP,
          OCI_TAR + "+gzip",
          DOCKER_TAR + ".zstd",
          OCI_TAR + "+zstd",
          "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
          "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
          DOCKER_CONFIG,
          OCI_CONFIG,
          "application/vnd.docker.distribution.manifest.v2+json",
          "application/vnd.oci.image.manifest.v1+json",
          "application/vnd.docker.distribution.manifest.list.v2+json",
          "application/vnd.oci.image.index.v1+json");

  /** Returns whether a layer is a tar that can be rewritten. */
  static boolean isLayer(String mediaType) {
    return mediaType.equals(OCI_TAR)
        || mediaType.equals(OCI_TAR + "+gzip")
        || mediaType.equals(OCI_TAR + "+zstd")
        || mediaType.equals(DOCKER_TAR)
        || mediaType.equals(DOCKER_GZIP)
        || mediaType.equals(DOCKER_TAR + ".zstd");
  }

  /** Returns whether a layer's bytes are not in the registry but where its URLs say. */
  static boolean isForeign(String mediaType) {
    return mediaType.contains(".nondistributable.") || mediaType.contains(".foreign.");
  }

  static boolean isImageConfig(String mediaType) {
    return mediaType.equals(OCI_CONFIG) || mediaType.equals(DOCKER_CONFIG);
  }

  /** Returns OCI's name of a type that Docker has its own name for, or the type itself. */
  static String oci(String mediaType) {
    return TO_OCI.getOrDefault(mediaType, mediaType);
  }

  /** Returns the type of a layer that was rewritten as {@code ociType}. */
  static String rewritten(String source, String ociType, boolean toOci) {
    boolean docker = source.startsWith(DOCKER_TAR) && !toOci;
    return docker && ociType.endsWith("+gzip") ? DOCKER_GZIP : ociType;
  }

  private LayerTypes() {}
}
