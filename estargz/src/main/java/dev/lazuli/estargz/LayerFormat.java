package dev.lazuli.estargz;

/** The lazy layer formats that can be read. */
public enum LayerFormat {
  /** eStargz v1: gzip members, TOC inside the blob, 51-byte footer. */
  ESTARGZ(Compression.GZIP),

  /** The first stargz (CRFS): as eStargz, with a 47-byte footer and no chunk digests. */
  STARGZ(Compression.GZIP),

  /** eStargz whose TOC lies in another blob: 46-byte footer. */
  ESTARGZ_EXTERNAL_TOC(Compression.GZIP),

  /** zstd:chunked as stargz-snapshotter writes it: 40-byte footer. */
  ZSTD_CHUNKED(Compression.ZSTD),

  /** zstd:chunked as containers/storage (podman, skopeo, buildah) writes it: 64-byte footer. */
  ZSTD_CHUNKED_CONTAINERS(Compression.ZSTD);

  private final Compression compression;

  LayerFormat(Compression compression) {
    this.compression = compression;
  }

  /** Returns how the payload is compressed. */
  public Compression compression() {
    return compression;
  }
}
