package dev.lazuli.estargz.bench;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.CountingSink;
import dev.lazuli.estargz.read.EqualChunks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Decoding a chunk of a megabyte, against the bare {@link Inflater} and SHA-256 over the same. */
@State(Scope.Thread)
public class DecodeGate {
  private static final int CHUNK_BYTES = 1 << 20;
  private static final int PIECE_BYTES = 64 << 10;
  private static final int GZIP_HEADER_BYTES = 10;

  private final ChunkDecoder decoder = new ChunkDecoder(Limits.DEFAULT);
  private final Inflater inflater = new Inflater(true);
  private final ByteBuffer window = ByteBuffer.allocateDirect(PIECE_BYTES);
  private ByteBuffer blob = ByteBuffer.allocateDirect(0);
  private Digest digest = Digest.sha256(new byte[0]);
  private MessageDigest sha256 = Digest.newSha256();

  /** Makes a chunk that compresses about as well as programs do. */
  @Setup
  public void compress() throws IOException {
    var random = new Random(1);
    var content = new byte[CHUNK_BYTES];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : i >> 3);
    }
    digest = Digest.sha256(content);
    var compressed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(compressed)) {
      gzip.write(content);
    }
    blob = ByteBuffer.allocateDirect(compressed.size()).put(compressed.toByteArray()).flip();
  }

  /** Decodes as the daemon does. */
  @Benchmark
  public long ours() throws IOException {
    var sink = new CountingSink();
    decoder.decode(
        Compression.GZIP,
        new Pieces(),
        0,
        EqualChunks.one(0, blob.limit(), 0, CHUNK_BYTES, digest),
        new int[] {0},
        sink);
    return sink.bytes();
  }

  /** Inflates and digests, with nothing in the way. */
  @Benchmark
  public byte[] plain() throws DataFormatException {
    inflater.reset();
    inflater.setInput(blob.duplicate().position(GZIP_HEADER_BYTES));
    while (!inflater.finished()) {
      window.clear();
      while (window.hasRemaining() && !inflater.finished()) {
        inflater.inflate(window);
      }
      sha256.update(window.flip());
    }
    return sha256.digest();
  }

  /** The blob, as it comes from a connection. */
  private final class Pieces implements BlobStream {
    private int at;

    @Override
    public @Nullable ByteBuffer next() {
      int length = Math.min(PIECE_BYTES, blob.limit() - at);
      ByteBuffer piece = length == 0 ? null : blob.slice(at, length);
      at += length;
      return piece;
    }

    @Override
    public void close() {}
  }
}
