package dev.lazuli.estargz;

/**
 * What a layer may ask of us. Nothing from a blob decides an allocation or a loop bound before it
 * was held against these.
 *
 * @param tailBytes most bytes of the first request, which hopes to catch footer and TOC at once
 * @param tocCompressedBytes most bytes of the TOC in the blob
 * @param tocBytes most bytes of the TOC's JSON
 * @param entries most TOC entries, chunks included; an entry costs about 180 bytes off the heap
 * @param nameBytes longest file name; Linux allows 255
 * @param pathBytes longest cleaned path
 * @param pathDepth most components of a path
 * @param linkTargetBytes longest symbolic link; Linux allows 4095
 * @param xattrBytes most bytes of one extended attribute's value, and of all of one inode's names
 *     and values together; Linux allows 64 KiB each
 * @param dataBytes most bytes of all files of a layer, each rounded up to 4096
 * @param jsonDepth deepest nesting of the TOC's JSON
 * @param gzipHeaderBytes longest gzip member header
 * @param zstdWindowBytes largest zstd window; a decoder's memory grows to it
 * @param zstdMemoryBytes most bytes of all zstd windows at once, at least twice the largest: who
 *     needs more waits
 */
public record Limits(
    int tailBytes,
    long tocCompressedBytes,
    long tocBytes,
    int entries,
    int nameBytes,
    int pathBytes,
    int pathDepth,
    int linkTargetBytes,
    int xattrBytes,
    long dataBytes,
    int jsonDepth,
    int gzipHeaderBytes,
    long zstdWindowBytes,
    long zstdMemoryBytes) {

  /**
   * The limits used unless configured otherwise: a tail of 1 MiB, a TOC of 128 MiB (1 GiB of JSON,
   * two million entries), Linux's own limits for names, links and attributes, 4 TiB of data, a zstd
   * window of 32 MiB, 64 MiB for all of them.
   */
  public static final Limits DEFAULT =
      new Limits(
          1 << 20,
          128L << 20,
          1L << 30,
          2_000_000,
          255,
          8192,
          1024,
          4095,
          64 << 10,
          4L << 40,
          16,
          64 << 10,
          32L << 20,
          64L << 20);

  /** Checks that every limit is positive, and within what the index can address. */
  public Limits {
    require(tailBytes >= 64, "tailBytes", tailBytes);
    require(tocCompressedBytes > 0, "tocCompressedBytes", tocCompressedBytes);
    require(tocBytes > 0, "tocBytes", tocBytes);
    require(entries > 0 && entries <= 16_000_000, "entries", entries);
    require(nameBytes > 0 && nameBytes <= 255, "nameBytes", nameBytes);
    require(pathBytes > 0 && pathBytes <= 1 << 20, "pathBytes", pathBytes);
    require(pathDepth > 0 && pathDepth <= 1 << 16, "pathDepth", pathDepth);
    require(linkTargetBytes > 0 && linkTargetBytes <= 4095, "linkTargetBytes", linkTargetBytes);
    require(xattrBytes >= 0 && xattrBytes <= 64 << 10, "xattrBytes", xattrBytes);
    require(dataBytes > 0 && dataBytes <= 16L << 40, "dataBytes", dataBytes);
    require(jsonDepth >= 4, "jsonDepth", jsonDepth);
    require(gzipHeaderBytes >= 10, "gzipHeaderBytes", gzipHeaderBytes);
    require(zstdWindowBytes >= 1024, "zstdWindowBytes", zstdWindowBytes);
    require(zstdMemoryBytes >= 2 * zstdWindowBytes, "zstdMemoryBytes", zstdMemoryBytes);
  }

  private static void require(boolean holds, String name, long value) {
    if (!holds) {
      throw new IllegalArgumentException("limit " + name + " is " + value);
    }
  }
}
