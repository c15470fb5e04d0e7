package dev.lazuli.testimages.images;

/** How a layer's tar becomes a blob. */
public enum LayerFormat {
  /** The tar itself. */
  PLAIN("application/vnd.oci.image.layer.v1.tar"),
  /** One gzip member at level 6. */
  GZIP("application/vnd.oci.image.layer.v1.tar+gzip"),
  /** One Zstandard frame at level 3. */
  ZSTD("application/vnd.oci.image.layer.v1.tar+zstd");

  private final String mediaType;

  LayerFormat(String mediaType) {
    this.mediaType = mediaType;
  }

  /** Returns the media type of the OCI image specification. */
  public String mediaType() {
    return mediaType;
  }
}
