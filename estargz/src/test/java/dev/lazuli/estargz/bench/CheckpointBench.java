package dev.lazuli.estargz.bench;

import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.checkpoint.CheckpointFinder;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.toc.IndexMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.Inflater;

/**
 * What checkpoints cost in processor time and bytes: {@code CheckpointBench LAYER.tar.gz}, a layer
 * of one gzip member without a name. The two ways of each pair take turns.
 */
final class CheckpointBench {
  private static final int ROUNDS = 5;
  private static final int PIECE = 64 << 10;
  private static final int HEADER = 10;

  private CheckpointBench() {}

  public static void main(String[] args) throws Exception {
    try (var file = FileChannel.open(Path.of(args[0]))) {
      compare("Inflater", () -> inflate(file, false), () -> inflate(file, true));
      var counts = new Counts();
      compare(
          "unpacking",
          () -> unpack(file, LayerUnpacker.NO_CHECKPOINTS, counts),
          () -> unpack(file, LayerUnpacker.SPACING_BYTES, counts));
      System.out.printf(
          "%d checkpoints with windows of %d bytes, %d chunks, blob %d%n",
          counts.checkpoints, counts.windowBytes, counts.chunks, file.size());
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void compare(String name, Work without, Work with) throws Exception {
    long[] best = {Long.MAX_VALUE, Long.MAX_VALUE};
    for (int round = 0; round < ROUNDS; round++) {
      best[0] = Math.min(best[0], time(without));
      best[1] = Math.min(best[1], time(with));
    }
    System.out.printf(
        "%s %d ms, with checkpoints %d ms (%+.1f %%)%n",
        name, best[0] / 1_000_000, best[1] / 1_000_000, 100.0 * (best[1] - best[0]) / best[0]);
  }

  private static long time(Work work) throws Exception {
    var threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    work.run();
    return threads.getCurrentThreadCpuTime() - start;
  }

  private static void inflate(FileChannel file, boolean withCheckpoints) throws Exception {
    var in = ByteBuffer.allocateDirect(PIECE);
    var out = ByteBuffer.allocateDirect(PIECE);
    var finder = new CheckpointFinder(LayerUnpacker.SPACING_BYTES, (_, _) -> {});
    finder.memberBegins(0);
    long at = HEADER;
    try (var inflater = new Inflater(true)) {
      while (!inflater.finished()) {
        if (inflater.inflate(out.clear()) == 0) {
          in.clear().limit(withCheckpoints ? finder.portion() : PIECE);
          file.read(in, at);
          inflater.setInput(in.flip());
          if (withCheckpoints) {
            finder.input(in, at);
          }
          at += in.limit();
        }
        if (withCheckpoints) {
          finder.output(out.flip());
        }
      }
    }
  }

  private static void unpack(FileChannel file, long spacing, Counts counts) throws IOException {
    counts.clear();
    var share = new IndexMemory(512 << 20, 1).share("bench", Duration.ZERO);
    var source = new ChannelBlobSource(file);
    try (var unpacker = new LayerUnpacker(Limits.DEFAULT, spacing);
        var blob = source.open(0, source.size())) {
      unpacker.unpack(blob, "bench", share, counts).close();
    }
  }

  /** Counts, and keeps nothing. */
  private static final class Counts implements ContentSink {
    int chunks;
    int checkpoints;
    long windowBytes;

    void clear() {
      chunks = 0;
      checkpoints = 0;
      windowBytes = 0;
    }

    @Override
    public void write(long dataOffset, ByteBuffer window) {}

    @Override
    public void chunk(
        long dataOffset, long size, long blobOffset, long blobEnd, long inner, byte[] sha256) {
      chunks++;
    }

    @Override
    public void checkpoint(Checkpoint checkpoint, byte[] window) {
      checkpoints++;
      windowBytes += window.length;
    }
  }
}
