package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/** Decodes one chunk of 1 GiB, made up as it goes, in whatever memory this JVM was given. */
final class GiantChunk {
  private static final int PART = 1 << 20;
  private static final int PARTS = 1 << 10;

  public static void main(String[] args) throws IOException {
    var part = new byte[PART];
    for (int i = 0; i < PART; i++) {
      part[i] = (byte) (i * 31 ^ i >> 7);
    }
    var deflated = new byte[2 * PART];
    int size;
    try (var deflater = new Deflater(1, true)) {
      deflater.setInput(part);
      // A full flush ends on a byte and refers to nothing before: such blocks can be repeated.
      size = deflater.deflate(deflated, 0, deflated.length, Deflater.FULL_FLUSH);
    }
    var digest = Digest.newSha256();
    for (int i = 0; i < PARTS; i++) {
      digest.update(part);
    }
    var range = new Repeated(ByteBuffer.allocateDirect(size).put(deflated, 0, size).flip());
    var end = 10 + (long) size * PARTS + 13;
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      var chunk = EqualChunks.one(0, end, 0, (long) PART * PARTS, Digest.ofSha256(digest.digest()));
      var sink = new CountingSink();
      decoder.decode(Compression.GZIP, range, 0, chunk, new int[1], sink);
      System.out.println("decoded " + sink.bytes() + " bytes");
    }
  }

  /** A gzip member of the same deflate blocks over and over. */
  private static final class Repeated implements BlobStream {
    private final ByteBuffer blocks;
    private int given = -1;

    Repeated(ByteBuffer blocks) {
      this.blocks = blocks;
    }

    @Override
    public @Nullable ByteBuffer next() {
      given++;
      if (given == 0) {
        return ByteBuffer.wrap(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 0});
      }
      if (given > PARTS) {
        return given > PARTS + 1
            ? null
            : ByteBuffer.wrap(
                new byte[] {1, 0, 0, (byte) 0xff, (byte) 0xff, 0, 0, 0, 0, 0, 0, 0, 0});
      }
      return blocks.duplicate();
    }

    @Override
    public void close() {}
  }

  private GiantChunk() {}
}
