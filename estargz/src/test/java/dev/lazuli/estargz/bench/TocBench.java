package dev.lazuli.estargz.bench;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.MillionEntries;
import dev.lazuli.estargz.toc.LayerFacts;
import dev.lazuli.estargz.toc.LayerIndexBuilder;
import dev.lazuli.estargz.toc.OpaqueXattr;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** Parsing a TOC of a million entries into an index, and the heap that the index holds. */
final class TocBench {
  private static final int ROUNDS = 5;

  public static void main(String[] args) throws IOException {
    var json = MillionEntries.json().readAllBytes();
    var facts =
        new LayerFacts(
            LayerFormat.ESTARGZ,
            Digest.ofSha256(new byte[32]),
            Digest.ofSha256(new byte[32]),
            Long.MAX_VALUE,
            true);
    var before = usedHeap();
    for (int i = 0; i < ROUNDS; i++) {
      var start = System.nanoTime();
      try (var builder = new LayerIndexBuilder("bench", Limits.DEFAULT, OpaqueXattr.TRUSTED)) {
        builder.read(new ByteArrayInputStream(json));
        var parsed = System.nanoTime();
        try (var index = builder.build(facts)) {
          var built = System.nanoTime();
          System.out.printf(
              "%d entries, %d MB: parse %d ms, settle %d ms, %.0f entries/s, heap %.1f"
                  + " bytes/entry%n",
              MillionEntries.ENTRIES,
              json.length / 1_000_000,
              (parsed - start) / 1_000_000,
              (built - parsed) / 1_000_000,
              MillionEntries.ENTRIES * 1e9 / (built - start),
              (usedHeap() - before) / (double) index.inodeCount());
        }
      }
    }
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private TocBench() {}
}
