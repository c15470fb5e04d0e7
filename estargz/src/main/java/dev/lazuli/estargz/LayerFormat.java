package dev.lazuli.estargz;

/** The lazy layer formats that can be read. */
public enum LayerFormat {
  /** eStargz v1: gzip members, TOC inside the blob, 51-byte footer. */
  ESTARGZ("eStargz", Compression.GZIP),

  /** The first stargz (CRFS): as eStargz, with a 47-byte footer and no chunk digests. */
  STARGZ("stargz", Compression.GZIP),

  /** eStargz whose TOC lies in another blob: 46-byte footer. */
  ESTARGZ_EXTERNAL_TOC("eStargz with external TOC", Compression.GZIP),

  /** zstd:chunked as stargz-snapshotter writes it: 40-byte footer. */
  ZSTD_CHUNKED("zstd:chunked", Compression.ZSTD),

  /** zstd:chunked as containers/storage (podman, skopeo, buildah) writes it: 64-byte footer. */
  ZSTD_CHUNKED_CONTAINERS("zstd:chunked of containers/storage", Compression.ZSTD);

  private final String title;
  private final Compression compression;

  LayerFormat(String title, Compression compression) {
    this.title = title;
    this.compression = compression;
  }

  /** Returns the name for people to read. */
  public String title() {
    return title;
  }

  /** Returns how the payload is compressed. */
  public Compression compression() {
    return compression;
  }
}
