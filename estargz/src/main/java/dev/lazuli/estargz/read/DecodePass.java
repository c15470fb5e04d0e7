package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import java.io.EOFException;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;

/** One pass over a blob range that decodes chunks in blob order. */
final class DecodePass {
  private static final byte[] NO_DIGEST = new byte[Digest.SHA256_BYTES];

  private final DecoderPool.Bench bench;
  private final BlobCursor in;
  private final ChunkTableView chunks;
  private final ChunkSink sink;
  private final byte[] expected = new byte[Digest.SHA256_BYTES];

  /** Blob offset from which bytes are being decompressed; -1 before the first. */
  private long stream = -1;

  /** The number of that start; -1 if it is none of the table's. */
  private int start = -1;

  /** Bytes that were decompressed from there. */
  private long inner;

  DecodePass(DecoderPool.Bench bench, BlobCursor in, ChunkTableView chunks, ChunkSink sink) {
    this.bench = bench;
    this.in = in;
    this.chunks = chunks;
    this.sink = sink;
  }

  ChunkTableView chunks() {
    return chunks;
  }

  ChunkSink sink() {
    return sink;
  }

  /** Decodes the next chunk. */
  void decode(int chunk) throws IOException {
    decode(chunk, sink::commit);
  }

  /** What becomes of a chunk that was decoded. */
  @FunctionalInterface
  interface Ending {
    void end(byte[] sha256) throws IOException;
  }

  /** Decodes the next chunk. */
  void decode(int chunk, Ending ending) throws IOException {
    sink.begin(chunk);
    var committed = false;
    try {
      skipTo(chunk);
      bench.sha256.reset();
      for (long left = chunks.chunkSize(chunk); left > 0; ) {
        left -= fillWindow(chunk, left);
        bench.sha256.update(bench.window.duplicate());
        sink.write(bench.window);
      }
      var actual = bench.sha256.digest();
      check(chunk, actual);
      ending.end(actual);
      committed = true;
    } finally {
      if (!committed) {
        sink.abort();
      }
    }
  }

  /** Comes to where the chunk begins. */
  private void skipTo(int chunk) throws IOException {
    long offset = chunks.chunkBlobOffset(chunk);
    boolean isBehind = offset != stream && offset >= in.position();
    if (isBehind || stream < 0) {
      start(chunk, offset);
    }
    in.end(Math.max(in.position(), chunks.chunkBlobEnd(chunk)));
    long target = placeInStream(chunk, offset);
    if (target < inner) {
      throw new LayerFormatException(
          chunks.layer(), "chunk " + chunk + " inner offset", target, "from " + inner);
    }
    while (inner < target) {
      fillWindow(chunk, target - inner);
    }
  }

  private void start(int chunk, long offset) throws IOException {
    if (offset < in.position()) {
      throw wrongOffset(chunk, offset);
    }
    in.end(offset);
    in.skipTo(offset);
    in.end(chunks.chunkBlobEnd(chunk));
    var starts = chunks.starts();
    start = starts.find(offset);
    if (start >= 0
        && starts.bit(start) != StreamStarts.STREAM
        && bench.decoder instanceof GzipDecoder gzip) {
      gzip.startWithin(in, chunks.layer(), starts.bit(start), starts.window(start));
    } else {
      bench.decoder.start(in, chunks.layer());
    }
    stream = offset;
    inner = 0;
  }

  /** A chunk may have a start of its own that the decoder has passed already. */
  private long placeInStream(int chunk, long offset) throws LayerFormatException {
    long target = chunks.chunkInnerOffset(chunk);
    if (offset == stream) {
      return target;
    }
    var starts = chunks.starts();
    int own = starts.find(offset);
    if (own < 0 || start < 0) {
      throw wrongOffset(chunk, offset);
    }
    return target + starts.tarOffset(own) - starts.tarOffset(start);
  }

  private LayerFormatException wrongOffset(int chunk, long offset) {
    return new LayerFormatException(
        chunks.layer(), "chunk " + chunk + " blob offset", offset, "from " + in.position());
  }

  /** Decompresses the next bytes, at most {@code left}, into the window, ready to be read. */
  private int fillWindow(int chunk, long left) throws IOException {
    var window = bench.window.clear();
    window.limit((int) Math.min(left, window.capacity()));
    if (!bench.decoder.decode(window)) {
      throw new EOFException(
          "layer %s: stream at blob offset %d ends after %d bytes, within chunk %d"
              .formatted(chunks.layer(), stream, inner + window.position(), chunk));
    }
    var count = window.flip().limit();
    inner += count;
    return count;
  }

  private void check(int chunk, byte[] actual) throws DigestMismatchException {
    chunks.chunkDigest(chunk, expected);
    if (!MessageDigest.isEqual(expected, actual) && !Arrays.equals(expected, NO_DIGEST)) {
      var part =
          "chunk %d at blob bytes %d-%d + %d"
              .formatted(
                  chunk, stream, chunks.chunkBlobEnd(chunk) - 1, chunks.chunkInnerOffset(chunk));
      throw new DigestMismatchException(chunks.layer(), part, expected, actual);
    }
  }
}
