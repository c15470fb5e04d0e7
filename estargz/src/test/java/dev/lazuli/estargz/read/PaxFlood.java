package dev.lazuli.estargz.read;

import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.tar.TarInput;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;

/** Indexes tars of the longest PAX headers with the shortest records, several at the same time. */
public final class PaxFlood {
  private static final int THREADS = 4;
  private static final int RECORDS = 120_000;
  private static final IndexMemory MEMORY = new IndexMemory(16 << 20, THREADS);

  /** A tar that was read before; nothing in it is stray. */
  private static final class Input extends TarInput {
    private final ByteArrayInputStream in;

    Input(byte[] tar) {
      in = new ByteArrayInputStream(tar);
    }

    @Override
    public int read() {
      return in.read();
    }

    @Override
    public int read(byte[] into, int at, int length) {
      return in.read(into, at, length);
    }

    @Override
    public long strayReads() {
      return 0;
    }
  }

  public static void main(String[] args) throws Exception {
    var tar = tar();
    Callable<Integer> reads = () -> inodes(tar);
    try (var threads = Executors.newFixedThreadPool(THREADS)) {
      var all = Collections.nCopies(THREADS * 5, reads);
      var inodes = 0;
      for (var one : threads.invokeAll(all)) {
        inodes += one.get();
      }
      System.out.printf("%d inodes in all%n", inodes);
    }
  }

  private static int inodes(byte[] tar) throws IOException {
    var share = MEMORY.share("flood", Duration.ofMinutes(1));
    try (var indexer = new TarIndexer("flood", Limits.DEFAULT, share)) {
      indexer.read(new Input(tar));
      try (var index = indexer.build()) {
        return index.inodeCount();
      }
    }
  }

  private static byte[] tar() {
    var tar = new OddTar();
    for (int header = 0; header < 3; header++) {
      var records = new StringBuilder();
      for (int i = 0; i < RECORDS; i++) {
        var key = Integer.toString(1_000_000 + header * RECORDS + i, 36);
        records.append("8 ").append(key).append("=\n");
      }
      tar.extension('x', "PaxHeaders/x", records.toString());
    }
    return tar.file("a", "").ended();
  }

  private PaxFlood() {}
}
