package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.LayerFacts;
import dev.lazuli.estargz.toc.LayerIndexBuilder;
import dev.lazuli.estargz.toc.OpaqueXattr;
import java.io.IOException;
import java.io.InputStream;

/** Parses a TOC of 1,020,000 entries, made up as it goes, in whatever heap this JVM was given. */
public final class MillionEntries {
  public static final int DIRECTORIES = 20_000;
  public static final int ENTRIES = 1_020_000;

  public static void main(String[] args) throws IOException {
    var start = System.nanoTime();
    var facts =
        new LayerFacts(
            LayerFormat.ESTARGZ,
            Digest.ofSha256(new byte[32]),
            Digest.ofSha256(new byte[32]),
            Long.MAX_VALUE,
            true);
    try (var builder = new LayerIndexBuilder("million", Limits.DEFAULT, OpaqueXattr.TRUSTED)) {
      builder.read(json());
      try (var index = builder.build(facts)) {
        var millis = (System.nanoTime() - start) / 1_000_000;
        System.out.printf("heap %d KiB, %d ms%n", usedHeap() >> 10, millis);
        System.out.printf("%d inodes, %d chunks%n", index.inodeCount(), index.chunkCount());
      }
    }
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Returns the document; one in ten files is empty. */
  public static InputStream json() {
    return new EntriesJson(MillionEntries::entry, ENTRIES);
  }

  private static String entry(int entry) {
    var text = new StringBuilder(256);
    if (entry < DIRECTORIES) {
      text.append("{\"name\":\"r/dir").append(entry);
      return text.append("/\",\"type\":\"dir\",\"mode\":493}").toString();
    }
    var file = entry - DIRECTORIES;
    text.append("{\"name\":\"r/dir").append(file % DIRECTORIES).append("/file").append(file);
    text.append("\",\"type\":\"reg\"");
    if (file % 10 != 0) {
      text.append(",\"size\":1234,\"mode\":420,\"modtime\":\"2024-01-01T00:00:00Z\",\"offset\":")
          .append(1000L * entry)
          .append(",\"chunkDigest\":\"sha256:")
          .repeat("0", 56)
          .append(Integer.toHexString(0x1000_0000 + entry))
          .append('"');
    }
    return text.append('}').toString();
  }

  private MillionEntries() {}
}
