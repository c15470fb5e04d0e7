package dev.lazuli.estargz;

/**
 * What a layer may ask of us. Nothing from a blob decides an allocation or a loop bound before it
 * was checked against these.
 *
 * @param tailBytes bytes of the first request, which hopes to catch footer and TOC at once: more
 *     would come in vain for most layers, of a larger TOC the rest takes another request
 * @param tocCompressedBytes most bytes of the TOC in the blob
 * @param tocBytes most bytes of the TOC's JSON
 * @param tocRatio most bytes of the TOC's JSON for each byte of the blob, besides the first 32 MiB
 * @param entries most TOC entries, chunks included; a file costs about 215 bytes off the heap
 * @param nameBytes longest file name; Linux allows 255
 * @param pathBytes longest cleaned path
 * @param pathDepth most components of a path
 * @param linkTargetBytes longest symbolic link; Linux allows 4095
 * @param xattrBytes most bytes of one extended attribute's value, and of all of one inode's names
 *     and values together; Linux allows 64 KiB each
 * @param textBytes most bytes of all names, link targets and extended attributes together, at most
 *     1 GiB
 * @param dataBytes most bytes of all files of a layer, each rounded up to 4096
 * @param jsonDepth deepest nesting of the TOC's JSON
 * @param gzipHeaderBytes longest gzip member header
 * @param zstdWindowBytes largest zstd window; a decoder's memory grows to it
 * @param zstdMemoryBytes most bytes of all zstd windows at once, at least twice the largest; a
 *     decoder that needs more waits
 * @param indexBytes most bytes off the heap of all indexes under construction, at least 16 MiB; an
 *     index waits while too little is left, and is refused if it needs more than all of it
 */
public record Limits(
    int tailBytes,
    long tocCompressedBytes,
    long tocBytes,
    int tocRatio,
    int entries,
    int nameBytes,
    int pathBytes,
    int pathDepth,
    int linkTargetBytes,
    int xattrBytes,
    long textBytes,
    long dataBytes,
    int jsonDepth,
    int gzipHeaderBytes,
    long zstdWindowBytes,
    long zstdMemoryBytes,
    long indexBytes) {

  /**
   * The limits used unless configured otherwise: a tail of 128 KiB, a TOC of 128 MiB (1 GiB of
   * JSON, two million entries), Linux's own limits for names, links and attributes, 256 MiB for all
   * of these, 4 TiB of data, a zstd window of 32 MiB, 64 MiB for all of them, 512 MiB for indexes,
   * of which two million files take 410.
   */
  public static final Limits DEFAULT =
      new Limits(
          128 << 10,
          128L << 20,
          1L << 30,
          128,
          2_000_000,
          255,
          8192,
          1024,
          4095,
          64 << 10,
          256L << 20,
          4L << 40,
          16,
          64 << 10,
          32L << 20,
          64L << 20,
          512L << 20);

  /** Checks that every limit is positive, and within what the index can address. */
  public Limits {
    require(tailBytes >= 64, "tailBytes", tailBytes);
    require(tocCompressedBytes > 0, "tocCompressedBytes", tocCompressedBytes);
    require(tocBytes > 0, "tocBytes", tocBytes);
    require(tocRatio > 0, "tocRatio", tocRatio);
    require(textBytes > 0 && textBytes <= 1 << 30, "textBytes", textBytes);
    require(indexBytes >= 16 << 20, "indexBytes", indexBytes);
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

  /** Returns these limits with other memory for indexes under construction, in bytes. */
  public Limits withIndexBytes(long bytes) {
    return new Limits(
        tailBytes,
        tocCompressedBytes,
        tocBytes,
        tocRatio,
        entries,
        nameBytes,
        pathBytes,
        pathDepth,
        linkTargetBytes,
        xattrBytes,
        textBytes,
        dataBytes,
        jsonDepth,
        gzipHeaderBytes,
        zstdWindowBytes,
        zstdMemoryBytes,
        bytes);
  }

  private static void require(boolean holds, String name, long value) {
    if (!holds) {
      throw new IllegalArgumentException("limit " + name + " is " + value);
    }
  }
}
