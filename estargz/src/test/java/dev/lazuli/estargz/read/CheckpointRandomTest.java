package dev.lazuli.estargz.read;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.checkpoint.RandomGzip;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import dev.lazuli.estargz.toc.IndexMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Layers as anybody might have compressed them: from every checkpoint that was found while one was
 * unpacked come the same bytes again.
 */
final class CheckpointRandomTest {
  private static final int LAYERS = 60;
  private static final int SPACING = 64 << 10;

  /** In which bits of a byte decompression was started, and how many checkpoints there were. */
  private final TreeSet<Integer> bits = new TreeSet<>();

  private int checkpoints;

  @Test
  void everyChunk_comesAgainFromItsCheckpoint_aloneAndWithOthers() throws IOException {
    long seed = Long.getLong("lazuli.checkpoint.seed", System.nanoTime());
    System.out.println("lazuli.checkpoint.seed=" + seed);
    for (int i = 0; i < LAYERS; i++) {
      check(new Random(seed + i));
    }
    assertThat(checkpoints).isGreaterThan(LAYERS);
    assertThat(bits).contains(0, 1, 2, 3, 4, 5, 6, 7);
  }

  /** Within such files there is what looks like the start of a block, and gives the same bytes. */
  @Test
  void blocksOfCompressedFiles_thatAreStoredAsTheyAre_areNotTakenForTheLayers() throws IOException {
    long seed = Long.getLong("lazuli.checkpoint.seed", System.nanoTime());
    System.out.println("lazuli.checkpoint.seed=" + seed);
    var random = new Random(seed);
    var tar = new OddTar();
    for (int i = 0; i < 30; i++) {
      var noise = new byte[200_000];
      random.nextBytes(noise);
      tar.file("file" + i + ".gz", new String(stored(noise), ISO_8859_1));
    }
    check(random, tar.bytes(), stored(tar.bytes()));
    assertThat(checkpoints).isPositive(); // How many depends on what the noise looks like.
  }

  /** Returns a gzip member of blocks without compression, as long as they can be. */
  private static byte[] stored(byte[] content) {
    var gzip = ByteBuffer.allocate(content.length + content.length / 100 + 100);
    gzip.order(ByteOrder.LITTLE_ENDIAN).put(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3});
    for (int at = 0; at < content.length; at += 0xffff) {
      int count = Math.min(0xffff, content.length - at);
      gzip.put((byte) (at + count == content.length ? 1 : 0));
      gzip.putShort((short) count).putShort((short) ~count).put(content, at, count);
    }
    gzip.putLong(0); // Nobody here looks at checksum and size.
    return Arrays.copyOf(gzip.array(), gzip.position());
  }

  private void check(Random random) throws IOException {
    var tar = tar(random);
    check(random, tar, RandomGzip.of(random, tar));
  }

  private void check(Random random, byte[] tar, byte[] blob) throws IOException {
    var sink = new UnpackSink();
    var layer = unpack(random, blob, sink);
    assertThat(layer.diffId()).isEqualTo(Digest.sha256(tar));
    var data = sink.data(layer.dataSize());
    layer.close();
    noteStarts(sink.starts());
    for (int chunk = 0; chunk < sink.chunkCount(); chunk++) {
      decode(random, blob, sink, data, chunk);
    }
    for (int i = 0; i < 5; i++) {
      decode(random, blob, sink, data, some(random, sink.chunkCount()));
    }
    decode(random, blob, sink, data, IntStream.range(0, sink.chunkCount()).toArray());
  }

  private static byte[] tar(Random random) {
    var tar = new OddTar();
    int files = 1 + random.nextInt(30);
    for (int i = 0; i < files; i++) {
      int size = random.nextInt(4) == 0 ? random.nextInt(300_000) : random.nextInt(20_000);
      tar.file("file" + i, new String(RandomGzip.content(random, size), ISO_8859_1));
    }
    return tar.bytes();
  }

  private static UnpackedLayer unpack(Random random, byte[] blob, UnpackSink sink)
      throws IOException {
    int piece = 1 + random.nextInt(random.nextBoolean() ? 100 : 100_000);
    var source = new MemoryBlob(blob, piece, random.nextBoolean());
    var share = new IndexMemory(64 << 20, 1).share("test", Duration.ZERO);
    try (var unpacker = new LayerUnpacker(Limits.DEFAULT, SPACING)) {
      return unpacker.unpack(source.open(0, blob.length), "test", share, sink);
    }
  }

  /** Starts are in the order of the blob and of the tar. */
  private void noteStarts(FoundStarts starts) {
    for (int i = 0; i < starts.count(); i++) {
      if (i > 0) {
        assertThat(starts.get(i).blobOffset()).isGreaterThan(starts.get(i - 1).blobOffset());
        assertThat(starts.get(i).tarOffset()).isGreaterThan(starts.get(i - 1).tarOffset());
      }
      if (starts.bit(i) != StreamStarts.STREAM) {
        bits.add(starts.bit(i));
        checkpoints++;
      }
    }
  }

  private static int[] some(Random random, int count) {
    var some = IntStream.range(0, count).filter(_ -> random.nextInt(3) == 0).toArray();
    return some.length > 0 ? some : new int[] {random.nextInt(count)};
  }

  private static void decode(
      Random random, byte[] blob, UnpackSink sink, byte[] data, int... wanted) throws IOException {
    long from = Long.MAX_VALUE;
    long to = 0;
    for (int chunk : wanted) {
      from = Math.min(from, sink.chunkBlobOffset(chunk));
      to = Math.max(to, sink.chunkBlobEnd(chunk));
    }
    var found = new CollectingSink();
    var source = new MemoryBlob(blob, 1 + random.nextInt(50_000), random.nextBoolean());
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      var range = source.open(from, to - from);
      decoder.decode(Compression.GZIP, range, from, sink, wanted, found);
    }
    assertThat(found.committed).hasSize(wanted.length);
    for (int chunk : wanted) {
      int at = (int) sink.chunkDataOffset(chunk);
      assertThat(found.committed.get(chunk))
          .isEqualTo(Arrays.copyOfRange(data, at, at + (int) sink.chunkSize(chunk)));
    }
  }
}
