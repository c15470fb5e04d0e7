package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.NewLayer;
import dev.lazuli.digest.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** A gzip layer with known chunks: {@code perMember} of them in each member, after a tar header. */
final class TestBlob {
  private static final int HEADER_BYTES = 512;
  private static final long BLOCK = 4096;

  final String digest;
  final byte[] blob;
  final long dataSize;
  private final List<byte[]> chunks = new ArrayList<>();
  private final List<long[]> places = new ArrayList<>();

  TestBlob(long seed, int count, int chunkSize, int perMember) {
    var random = new Random(seed);
    var out = new ByteArrayOutputStream();
    long dataOffset = 0;
    for (int first = 0; first < count; first += perMember) {
      long start = out.size();
      int inner = 0;
      var member = new ByteArrayOutputStream();
      int last = Math.min(count, first + perMember);
      for (int i = first; i < last; i++) {
        byte[] content = content(random, chunkSize);
        member.writeBytes(new byte[HEADER_BYTES]);
        member.writeBytes(content);
        inner += HEADER_BYTES;
        chunks.add(content);
        places.add(new long[] {dataOffset, start, inner});
        inner += content.length;
        dataOffset += (content.length + BLOCK - 1) / BLOCK * BLOCK;
      }
      out.writeBytes(gzip(member.toByteArray()));
      for (int i = first; i < last; i++) {
        long[] place = places.get(i);
        places.set(i, new long[] {place[0], place[1], place[2], out.size()});
      }
    }
    this.blob = out.toByteArray();
    this.dataSize = dataOffset;
    this.digest =
        "sha256:" + HexFormat.of().formatHex(sha256(("b" + seed).getBytes(StandardCharsets.UTF_8)));
  }

  /** Half noise, half nothing. */
  private static byte[] content(Random random, int size) {
    byte[] content = new byte[1 + size / 2 + random.nextInt(size / 2)];
    byte[] noise = new byte[content.length / 2];
    random.nextBytes(noise);
    System.arraycopy(noise, 0, content, 0, noise.length);
    return content;
  }

  static byte[] gzip(byte[] content) {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static byte[] sha256(byte[] content) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  int count() {
    return chunks.size();
  }

  long blobOffset(int chunk) {
    return places.get(chunk)[1];
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  LayerData addTo(LayerStore store) throws IOException {
    var record =
        LayerRecord.of(
            Digest.parse(digest), blob.length, "ESTARGZ", "GZIP", Digest.parse(digest), -1);
    try (NewLayer layer = store.create(record)) {
      Files.write(layer.meta(), new byte[(int) BLOCK]);
      for (int i = 0; i < count(); i++) {
        long[] at = places.get(i);
        byte[] content = chunks.get(i);
        layer.chunks().add(at[0], content.length, at[1], at[3], at[2], sha256(content));
      }
      return layer.commit();
    }
  }

  boolean isRight(LayerData data, int chunk) throws IOException {
    byte[] expected = chunks.get(chunk);
    ByteBuffer actual = ByteBuffer.allocate(expected.length);
    data.read(places.get(chunk)[0], actual);
    return Arrays.equals(actual.array(), expected);
  }

  boolean allRight(LayerData data) throws IOException {
    for (int i = 0; i < count(); i++) {
      if (!isRight(data, i)) {
        return false;
      }
    }
    return true;
  }
}
