package dev.lazuli.estargz.bench;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.index.IndexFacts;
import dev.lazuli.estargz.index.IndexRecorder;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.toc.IndexMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How large the shared indexes of layers are, part by part, and what has to be decompressed before
 * a file's first byte: {@code IndexSizeBench SPACING LAYER...}, MiB of the tar between starts, and
 * files that are layers' blobs, whatever their compression.
 */
final class IndexSizeBench {
  private IndexSizeBench() {}

  public static void main(String[] args) throws Exception {
    System.out.println(
        "layer            bytes    chunks starts  digests headers ends   starts all, %   MiB"
            + " skipped");
    long spacing = Long.parseLong(args[0]) << 20;
    for (var layer : args) {
      if (!layer.equals(args[0])) {
        print(Path.of(layer), spacing);
      }
    }
  }

  private static void print(Path layer, long spacing) throws IOException {
    Path directory = Files.createTempDirectory("index-size");
    Path index = directory.resolve("index");
    try (var file = FileChannel.open(layer)) {
      var skipped = new Skipped();
      write(file, spacing, skipped, directory, index);
      byte[] bytes = Files.readAllBytes(index);
      var facts = IndexFacts.of(bytes, bytes.length, layer.toString());
      double percent = facts.blobBytes() / 100.0;
      System.out.printf(
          "%.12s %9d %9d %6d  %7.3f %7.3f %5.3f %7.3f %6.3f   %6.2f%n",
          facts.layer().hex(),
          facts.blobBytes(),
          facts.chunks(),
          facts.starts(),
          facts.chunks() * Digest.SHA256_BYTES / percent,
          facts.packedHeadersBytes() / percent,
          facts.packedEndsBytes() / percent,
          facts.startsBytes() / percent,
          bytes.length / percent,
          skipped.mebibytes());
    } finally {
      Files.deleteIfExists(index);
      Files.delete(directory);
    }
  }

  private static void write(
      FileChannel file, long spacing, Skipped skipped, Path directory, Path index)
      throws IOException {
    var source = new ChannelBlobSource(file);
    var share = new IndexMemory(512 << 20, 1).share("bench", Duration.ZERO);
    try (var unpacker = new LayerUnpacker(Limits.DEFAULT, spacing);
        var recorder = new IndexRecorder(directory);
        var blob = source.open(0, source.size());
        var out = Files.newOutputStream(index);
        var layer = unpacker.unpack(blob, "bench", share, new Watched(recorder, skipped))) {
      recorder.finish(layer.blobDigest(), source.size(), layer.compression(), out);
    }
  }

  /** What is decompressed before the first byte of a chunk, on average. */
  private static final class Skipped {
    private long chunks;
    private long bytes;

    void add(long innerOffset) {
      chunks++;
      bytes += innerOffset;
    }

    double mebibytes() {
      return (double) bytes / Math.max(1, chunks) / (1 << 20);
    }
  }

  private record Watched(IndexRecorder recorder, Skipped skipped) implements ContentSink {
    @Override
    public void write(long dataOffset, ByteBuffer window) {}

    @Override
    public void chunk(
        long dataOffset, long size, long blobOffset, long blobEnd, long inner, byte[] sha256)
        throws IOException {
      skipped.add(inner);
      recorder.chunk(dataOffset, size, blobOffset, blobEnd, inner, sha256);
    }

    @Override
    public void checkpoint(Checkpoint checkpoint, byte[] window) throws IOException {
      recorder.checkpoint(checkpoint, window);
    }

    @Override
    public void headers(ByteBuffer bytes) throws IOException {
      recorder.headers(bytes);
    }
  }
}
