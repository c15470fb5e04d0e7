package dev.lazuli.estargz;

/** The usual limits, but for one. */
public final class TestLimits {
  private TestLimits() {}

  public static Limits withTocCompressedBytes(long bytes) {
    return of(bytes, Limits.DEFAULT.tocBytes(), Limits.DEFAULT.entries());
  }

  public static Limits withTocBytes(long bytes) {
    return of(Limits.DEFAULT.tocCompressedBytes(), bytes, Limits.DEFAULT.entries());
  }

  public static Limits withEntries(int entries) {
    return of(Limits.DEFAULT.tocCompressedBytes(), Limits.DEFAULT.tocBytes(), entries);
  }

  private static Limits of(long tocCompressedBytes, long tocBytes, int entries) {
    var d = Limits.DEFAULT;
    return new Limits(
        d.tailBytes(),
        tocCompressedBytes,
        tocBytes,
        d.tocRatio(),
        entries,
        d.nameBytes(),
        d.pathBytes(),
        d.pathDepth(),
        d.linkTargetBytes(),
        d.xattrBytes(),
        d.textBytes(),
        d.dataBytes(),
        d.jsonDepth(),
        d.gzipHeaderBytes(),
        d.zstdWindowBytes(),
        d.zstdMemoryBytes(),
        d.indexBytes());
  }
}
