package dev.lazuli.estargz.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.checkpoint.CheckpointFinder;
import dev.lazuli.estargz.checkpoint.RandomGzip;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.CollectingSink;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.read.UnpackSink;
import dev.lazuli.estargz.toc.IndexMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/** What is found in data that are not Deflate, and what is started from what was not found. */
class CheckpointFuzzTest {
  private static final int SPACING = 64 << 10;
  private static final byte[] BLOB = blob();

  private static byte[] blob() {
    var random = new Random(1);
    var tar = new OddTar();
    for (int i = 0; i < 8; i++) {
      tar.file("f" + i, new String(RandomGzip.content(random, 60_000), ISO_8859_1));
    }
    return RandomGzip.of(random, tar.bytes());
  }

  private static byte[] unpack(byte[] blob, UnpackSink sink) throws IOException {
    var share = new IndexMemory(64 << 20, 1).share("fuzz", Duration.ZERO);
    try (var unpacker = new LayerUnpacker(Limits.DEFAULT, SPACING);
        var layer = unpacker.unpack(new MemoryBlob(blob).open(0, blob.length), "f", share, sink)) {
      return sink.data(layer.dataSize());
    }
  }

  @FuzzTest(maxDuration = "120s")
  void changedCheckpoint(FuzzedDataProvider data) throws IOException {
    var sink = new UnpackSink();
    var content = unpack(BLOB, sink);
    int start = data.consumeInt(0, sink.starts().count() - 1);
    var right = sink.starts().get(start);
    var wrong =
        new Checkpoint(
            right.blobOffset(), data.consumeInt(-1, 7), data.consumeLong(0, 2L * BLOB.length));
    sink.starts().change(start, wrong, data.consumeRemainingAsBytes());
    var found = new CollectingSink();
    FuzzCosts.assertCheap(() -> decodeAll(sink, found));
    found.committed.forEach(
        (chunk, bytes) -> {
          int at = (int) sink.chunkDataOffset(chunk);
          if (!Arrays.equals(bytes, Arrays.copyOfRange(content, at, at + bytes.length))) {
            throw new AssertionError("chunk " + chunk + " has other bytes");
          }
        });
  }

  private static void decodeAll(UnpackSink sink, CollectingSink found) {
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      var all = IntStream.range(0, sink.chunkCount()).toArray();
      var range = new MemoryBlob(BLOB).open(0, BLOB.length);
      decoder.decode(Compression.GZIP, range, 0, sink, all, found);
    } catch (IOException e) {
      // What a wrong checkpoint is to give.
    }
  }

  @FuzzTest(maxDuration = "120s")
  void scanner(FuzzedDataProvider data) throws IOException {
    int piece = data.consumeInt(1, 1000);
    var bytes = data.consumeRemainingAsBytes();
    FuzzCosts.assertCheap(
        () -> {
          var finder = new CheckpointFinder(SPACING, (_, _) -> {});
          finder.memberBegins(0);
          finder.output(ByteBuffer.allocate(SPACING));
          for (int at = 0; at < bytes.length; ) {
            int count = Math.min(Math.min(piece, finder.portion()), bytes.length - at);
            finder.input(ByteBuffer.wrap(bytes, at, count), at);
            finder.output(ByteBuffer.wrap(bytes, at, count));
            at += count;
          }
          finder.memberEnds();
        });
  }
}
