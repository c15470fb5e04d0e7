package dev.lazuli.cache;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.cache.chunks.Blocks;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;

/** Each file of a layer, of whatever content: an error of its kind, or what is in it. */
final class CacheFilesFuzzTest {
  private static final UUID THIS_BOOT = new UUID(1, 2);
  private static final int HEADER_BYTES = 64;
  private static final int RECORD_BYTES = 72;

  /** What is done with a file that holds the input. */
  private interface OnFile {
    void run(Path file) throws IOException;
  }

  private static void on(byte[] content, OnFile work) throws IOException {
    Path folder = Files.createTempDirectory("lazuli");
    Path file = folder.resolve("file");
    try {
      CheapWork.assertCheap(
          () -> {
            Files.write(file, content);
            work.run(file);
          });
    } catch (CacheCorruptException e) {
      assertThat(e).hasMessageContaining(file.toString());
    } finally {
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  @FuzzTest(maxDuration = "30s")
  void layer_json(byte[] text) throws IOException {
    on(
        text,
        file -> {
          LayerRecord record = LayerJson.read(Disk.LOCAL, file);
          assertThat(record.slot()).isBetween(0L, (long) Integer.MAX_VALUE);
          assertThat(record.references()).hasSizeLessThanOrEqualTo(LayerRecord.MOST_REFERENCES);

          Files.write(file, LayerJson.write(record));
          assertThat(LayerJson.read(Disk.LOCAL, file)).isEqualTo(record);
        });
  }

  /** An odd first byte: the rest gets a header that is right for its size. */
  @FuzzTest(maxDuration = "30s")
  void chunk_table(byte[] input) throws IOException {
    byte[] table = input.length == 0 ? input : Arrays.copyOfRange(input, 1, input.length);
    if (input.length > HEADER_BYTES && (input[0] & 1) == 1) {
      int count = (table.length - HEADER_BYTES) / RECORD_BYTES;
      table = Arrays.copyOf(table, HEADER_BYTES + count * RECORD_BYTES);
      ByteBuffer header = ByteBuffer.wrap(table).order(LITTLE_ENDIAN);
      header.put("LZCHUNK1".getBytes(US_ASCII)).putInt(RECORD_BYTES).putInt(count);
    }
    on(table, CacheFilesFuzzTest::readTable);
  }

  private static void readTable(Path file) throws IOException {
    try (var arena = Arena.ofConfined()) {
      ChunkTable chunks = ChunkTable.map(Disk.LOCAL, file, arena);
      long records = (Files.size(file) - HEADER_BYTES) / RECORD_BYTES;
      assertThat((long) chunks.count()).isEqualTo(records);
      for (int c = 0; c < chunks.count(); c++) {
        assertThat(chunks.dataEnd(c)).isEqualTo(chunks.dataOffset(c) + chunks.size(c));
        assertThat(Blocks.of(chunks, c)).isNotNegative();
        var digest = new byte[ChunkTable.DIGEST_BYTES];
        chunks.digest(c, digest);
        assertThat(chunks.hasDigest(c)).isNotEqualTo(Arrays.equals(digest, new byte[32]));
        assertThat(chunks.firstEndingAfter(chunks.dataOffset(c))).isBetween(0, chunks.count());
        assertThat(chunks.firstStartingFrom(chunks.blobOffset(c))).isBetween(0, chunks.count());
      }
      chunks.verify(Disk.LOCAL, file, file);
    }
  }

  /** The first byte says how many chunks there are; above 127: the rest gets a right header. */
  @FuzzTest(maxDuration = "30s")
  void present_file(byte[] input) throws IOException {
    int chunks = input.length == 0 ? 0 : input[0] & 127;
    byte[] file = input.length == 0 ? input : Arrays.copyOfRange(input, 1, input.length);
    if (input.length > 0 && input[0] < 0) {
      file = Arrays.copyOf(file, HEADER_BYTES + 2 * ((chunks + 7) / 8));
      ByteBuffer header = ByteBuffer.wrap(file).order(LITTLE_ENDIAN);
      header.put("LZPRSNT1".getBytes(US_ASCII)).putInt(chunks);
    }
    byte[] content = file;
    on(file, path -> readPresence(path, chunks, content));
  }

  private static void readPresence(Path path, int chunks, byte[] content) throws IOException {
    try (var presence = Presence.open(Disk.LOCAL, path, chunks, THIS_BOOT, false)) {
      ByteBuffer file = ByteBuffer.wrap(content).order(LITTLE_ENDIAN);
      boolean clean = (file.getInt(12) & 1) == 1;
      boolean believed = clean || THIS_BOOT.equals(new UUID(file.getLong(16), file.getLong(24)));
      int map = (chunks + 7) / 8;
      int count = 0;
      for (int c = 0; c < chunks; c++) {
        boolean marked = isSet(content, HEADER_BYTES, c);
        boolean doubted = isSet(content, HEADER_BYTES + map, c);
        assertThat(presence.has(c)).isEqualTo(marked && believed);
        assertThat(presence.doubts(c)).isEqualTo(believed ? doubted && !marked : doubted || marked);
        count += marked && believed ? 1 : 0;
      }
      assertThat(presence.count()).isEqualTo(count);
      assertThat(presence.nextMissing(0, chunks) < 0).isEqualTo(count == chunks);
    }
  }

  private static boolean isSet(byte[] content, int from, int bit) {
    return (content[from + bit / 8] >> (bit % 8) & 1) == 1;
  }
}
