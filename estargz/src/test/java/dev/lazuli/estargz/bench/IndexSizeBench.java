package dev.lazuli.estargz.bench;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.index.IndexFacts;
import dev.lazuli.estargz.index.IndexRecorder;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.toc.IndexMemory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How large the shared indexes of layers are, part by part: {@code IndexSizeBench LAYER...}, files
 * that are layers' blobs, whatever their compression.
 */
final class IndexSizeBench {
  private IndexSizeBench() {}

  public static void main(String[] args) throws Exception {
    System.out.println(
        "layer            bytes    chunks starts  digests headers ends   starts all, %");
    for (var layer : args) {
      print(Path.of(layer));
    }
  }

  private static void print(Path layer) throws IOException {
    Path directory = Files.createTempDirectory("index-size");
    Path index = directory.resolve("index");
    try (var file = FileChannel.open(layer)) {
      write(file, directory, index);
      byte[] bytes = Files.readAllBytes(index);
      var facts = IndexFacts.of(bytes, bytes.length, layer.toString());
      double percent = facts.blobBytes() / 100.0;
      System.out.printf(
          "%.12s %9d %9d %6d  %7.3f %7.3f %5.3f %7.3f %6.3f%n",
          facts.layer().hex(),
          facts.blobBytes(),
          facts.chunks(),
          facts.starts(),
          facts.chunks() * Digest.SHA256_BYTES / percent,
          facts.packedHeadersBytes() / percent,
          facts.packedEndsBytes() / percent,
          facts.startsBytes() / percent,
          bytes.length / percent);
    } finally {
      Files.deleteIfExists(index);
      Files.delete(directory);
    }
  }

  private static void write(FileChannel file, Path directory, Path index) throws IOException {
    var source = new ChannelBlobSource(file);
    var share = new IndexMemory(512 << 20, 1).share("bench", Duration.ZERO);
    try (var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var recorder = new IndexRecorder(directory);
        var blob = source.open(0, source.size());
        var out = Files.newOutputStream(index);
        var layer = unpacker.unpack(blob, "bench", share, recorder)) {
      recorder.finish(layer.blobDigest(), source.size(), layer.compression(), out);
    }
  }
}
