package dev.lazuli.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.cache.chunks.Blocks;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A layer with known content: files of random sizes cut into chunks. */
final class TestLayer {
  @SuppressWarnings("ArrayRecordComponent") // compared by element where compared at all
  record Chunk(long dataOffset, byte[] content, byte[] sha256) {}

  final Digest digest;
  final long blobSize;
  final long dataSize;
  final List<Chunk> chunks = new ArrayList<>();

  TestLayer(long seed, int files, int chunkSize) {
    var random = new Random(seed);
    long at = 0;
    for (int file = 0; file < files; file++) {
      int size = 1 + random.nextInt(3 * chunkSize);
      for (int done = 0; done < size; done += chunkSize) {
        byte[] content = new byte[Math.min(chunkSize, size - done)];
        random.nextBytes(content);
        chunks.add(new Chunk(at + done, content, sha256(content)));
      }
      at = Blocks.up(at + size);
    }
    this.dataSize = at;
    this.blobSize = 100L * chunks.size() + 100;
    this.digest = Digest.sha256(("layer" + seed).getBytes(UTF_8));
  }

  static byte[] sha256(byte[] content) {
    return Digest.newSha256().digest(content);
  }

  LayerRecord record() {
    return LayerRecord.of(digest, blobSize, "ESTARGZ", "GZIP", null, -1);
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  LayerData addTo(LayerStore store) throws IOException {
    try (NewLayer layer = store.create(record())) {
      fill(layer);
      return layer.commit();
    }
  }

  void fill(NewLayer layer) throws IOException {
    Files.write(layer.meta(), new byte[4096]);
    for (int i = 0; i < chunks.size(); i++) {
      Chunk c = chunks.get(i);
      layer.chunks().add(c.dataOffset, c.content.length, 100L * i, 100L * i + 100, 0, c.sha256);
    }
  }

  void write(LayerData data, int chunk) throws IOException {
    try (Writer writer = data.writer(chunk)) {
      writer.write(ByteBuffer.wrap(chunks.get(chunk).content));
      writer.commit(chunks.get(chunk).sha256);
    }
  }

  void writeAll(LayerData data) throws IOException {
    for (int i = data.nextMissing(0, chunks.size());
        i >= 0;
        i = data.nextMissing(0, chunks.size())) {
      write(data, i);
    }
  }

  /** Returns the data file as it is when everything is present. */
  byte[] content() {
    byte[] all = new byte[Math.toIntExact(dataSize)];
    for (Chunk chunk : chunks) {
      System.arraycopy(chunk.content, 0, all, (int) chunk.dataOffset, chunk.content.length);
    }
    return all;
  }

  byte[] read(LayerData data, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    data.read(offset, buffer);
    return buffer.array();
  }

  boolean readsRight(LayerData data, int chunk) throws IOException {
    Chunk c = chunks.get(chunk);
    return Arrays.equals(read(data, c.dataOffset, c.content.length), c.content);
  }
}
