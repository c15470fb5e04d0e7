package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.tar.TarInput;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.IOException;
import java.security.MessageDigest;

/**
 * The tar of a blob that is read whole, as the one who indexes it reads it: content goes to the
 * sink straight from the decoder's window, headers to the reader. Content is cut into chunks of
 * {@value #CHUNK_BYTES} bytes, so that no read of a layer that lost some has to wait for more.
 */
final class UnpackPass extends TarInput implements TarIndexer.FileContents {
  static final int CHUNK_BYTES = 4 << 20;
  private static final int BLOCK = 4096;

  private final DecoderPool.Bench bench;
  private final BlobCursor blob;
  private final Compression compression;
  private final String layer;
  private final Limits limits;
  private final ContentSink sink;
  private final MessageDigest tar = Digest.newSha256();

  /** Bytes of the tar that were decompressed: up to the end of the window. */
  private long decoded;

  private boolean ended;

  /** Blob offset of the stream that the window is of, and where in the tar that stream begins. */
  private long stream = -1;

  private long streamTarOffset;

  /** The first free place in the data file. */
  private long place;

  private long contentLeft;
  private long chunkPlace;
  private long chunkSize;
  private long chunkLeft;
  private long chunkBlobOffset;
  private long chunkInnerOffset;

  /** Reads what the bench's decoder, which was started at the cursor, decompresses. */
  UnpackPass(
      DecoderPool.Bench bench,
      BlobCursor blob,
      Compression compression,
      String layer,
      Limits limits,
      ContentSink sink) {
    this.bench = bench;
    this.blob = blob;
    this.compression = compression;
    this.layer = layer;
    this.limits = limits;
    this.sink = sink;
    bench.window.limit(0);
  }

  /** Returns the digest of the tar, once it was read to its end. */
  Digest diffId() {
    return Digest.ofSha256(tar.digest());
  }

  /** Returns the size of the data file. */
  long dataSize() {
    return place;
  }

  @Override
  public int read() throws IOException {
    return fill() ? bench.window.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, bench.window.remaining());
    bench.window.get(into, offset, count);
    return count;
  }

  /** What is skipped of a file's content is what the sink gets. */
  @Override
  public long skip(long count) throws IOException {
    if (count <= 0 || !fill()) {
      return 0;
    }
    var window = bench.window;
    int skipped = (int) Math.min(count, window.remaining());
    if (contentLeft > 0) {
      skipped = (int) Math.min(skipped, contentLeft);
      take(skipped);
    } else {
      window.position(window.position() + skipped);
    }
    return skipped;
  }

  /** Reads what is left behind the end of the archive: it counts for the tar's digest. */
  void drain() throws IOException {
    while (fill()) {
      bench.window.position(bench.window.limit());
    }
  }

  /** The same whatever is read: there is no table that could leave anything out. */
  @Override
  public long strayReads() {
    return 0;
  }

  @Override
  public long begin(long size) throws LayerFormatException {
    if (size > limits.dataBytes() - place) {
      throw new LayerFormatException(
          layer, "bytes of all files", place + "+" + size, "at most " + limits.dataBytes());
    }
    long at = place;
    contentLeft = size;
    chunkPlace = at;
    place = (at + size + BLOCK - 1) & -BLOCK;
    return at;
  }

  @Override
  public void end() {
    if (contentLeft > 0) {
      throw new IllegalStateException(contentLeft + " bytes of a file were not read");
    }
  }

  private boolean fill() throws IOException {
    var window = bench.window;
    while (!window.hasRemaining() && !ended) {
      ended = !bench.decoder.decodeStream(window.clear());
      window.flip();
      tar.update(window.duplicate());
      if (bench.decoder.streamStart() != stream) {
        stream = bench.decoder.streamStart();
        streamTarOffset = decoded;
      }
      decoded += window.remaining();
    }
    return window.hasRemaining();
  }

  private void take(int bytes) throws IOException {
    var window = bench.window;
    for (int left = bytes; left > 0; ) {
      if (chunkLeft == 0) {
        beginChunk();
      }
      int count = (int) Math.min(left, chunkLeft);
      left -= count;
      var part = window.slice(window.position(), count);
      window.position(window.position() + count);
      bench.sha256.update(part.duplicate());
      sink.write(chunkPlace + chunkSize, part);
      chunkSize += count;
      chunkLeft -= count;
      contentLeft -= count;
      if (chunkLeft == 0) {
        endChunk();
      }
    }
  }

  /** Begins a chunk with the window's next byte. */
  private void beginChunk() {
    long tarOffset = decoded - bench.window.remaining();
    chunkSize = 0;
    chunkLeft = Math.min(CHUNK_BYTES, contentLeft);
    chunkBlobOffset = compression == Compression.NONE ? tarOffset : stream;
    chunkInnerOffset = compression == Compression.NONE ? 0 : tarOffset - streamTarOffset;
    bench.sha256.reset();
  }

  private void endChunk() throws IOException {
    long end =
        compression == Compression.NONE
            ? chunkBlobOffset + chunkSize
            : blob.position() + bench.decoder.heldBack();
    sink.chunk(
        chunkPlace, chunkSize, chunkBlobOffset, end, chunkInnerOffset, bench.sha256.digest());
    chunkPlace += chunkSize;
  }
}
