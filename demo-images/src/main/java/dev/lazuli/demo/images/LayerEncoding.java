package dev.lazuli.demo.images;

/** How a layer's tar becomes a blob. */
public enum LayerEncoding {
  /** The tar itself. */
  PLAIN("application/vnd.oci.image.layer.v1.tar"),
  /** One gzip member at level 6. */
  GZIP("application/vnd.oci.image.layer.v1.tar+gzip"),
  /** One Zstandard frame at level 3. */
  ZSTD("application/vnd.oci.image.layer.v1.tar+zstd"),
  /** eStargz with its TOC inside, at level 6. */
  ESTARGZ("application/vnd.oci.image.layer.v1.tar+gzip"),
  /** zstd:chunked, at level 3. */
  ZSTD_CHUNKED("application/vnd.oci.image.layer.v1.tar+zstd");

  private final String mediaType;

  LayerEncoding(String mediaType) {
    this.mediaType = mediaType;
  }

  /** Returns the media type of the OCI image specification. */
  public String mediaType() {
    return mediaType;
  }
}
