package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.checkpoint.CheckpointFinder;
import dev.lazuli.estargz.tar.TarBlocks;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * What becomes of the tar of a blob that is read whole while its reader indexes it: content goes to
 * the sink straight from the decoder's window, headers to the reader. Content is cut into chunks of
 * {@value #CHUNK_BYTES} bytes, so that no read of a layer that lost some has to wait for more.
 */
final class UnpackPass implements PassInput.Pass, TarIndexer.FileContents {
  static final int CHUNK_BYTES = 4 << 20;
  static final int BLOCK = 4096;

  private final DecoderPool.Bench bench;
  private final BlobCursor blob;
  private final Compression compression;
  private final String layer;
  private final Limits limits;
  private final ContentSink sink;
  private final MessageDigest tar = Digest.newSha256();

  /** Bytes of the tar that were taken. */
  private long tarBytes;

  /** Blob offset of the stream being taken. */
  private long stream = -1;

  private final UnpackStarts starts = new UnpackStarts();
  private final CheckpointFinder finder;

  /** The first free place in the data file. */
  private long place;

  private long contentLeft;
  private int paddingLeft;
  private boolean archiveEnded;
  private long chunkPlace;
  private long chunkSize;
  private long chunkLeft;
  private long chunkBlobOffset;
  private long chunkInnerOffset;

  /**
   * Takes what the bench's decoder, which was started at the cursor, decompresses.
   *
   * @param spacing bytes of the tar between checkpoints at least; a gzip member has none if it is
   *     shorter
   */
  UnpackPass(
      DecoderPool.Bench bench,
      BlobCursor blob,
      Compression compression,
      String layer,
      Limits limits,
      long spacing,
      ContentSink sink) {
    this.bench = bench;
    this.blob = blob;
    this.compression = compression;
    this.layer = layer;
    this.limits = limits;
    this.sink = sink;
    finder = new CheckpointFinder(spacing, this::takeStart);
    if (bench.decoder instanceof GzipDecoder gzip) {
      gzip.watchedBy(finder);
    }
  }

  private void takeStart(Checkpoint start, byte[] window) throws IOException {
    starts.add(start);
    sink.checkpoint(start, window);
  }

  /** Returns the digest of the tar, once it was read to its end. */
  Digest diffId() {
    return Digest.ofSha256(tar.digest());
  }

  /** Returns the size of the data file. */
  long dataSize() {
    return place;
  }

  /** A decoder of gzip says itself when a member begins. */
  @Override
  public void enter(long streamStart) throws IOException {
    if (streamStart != stream && compression == Compression.ZSTD) {
      finder.streamBegins(streamStart, tarBytes);
    }
    stream = streamStart;
  }

  @Override
  public void take(ByteBuffer bytes) throws IOException {
    tar.update(bytes.duplicate());
    int content = (int) Math.min(bytes.remaining(), contentLeft);
    takeContent(bytes.slice(bytes.position(), content));
    tarBytes += bytes.remaining() - content;
    takeHeaders(bytes.position(bytes.position() + content));
  }

  private void takeHeaders(ByteBuffer bytes) throws IOException {
    int skipped = Math.min(paddingLeft, bytes.remaining());
    paddingLeft -= skipped;
    bytes.position(bytes.position() + skipped);
    if (bytes.hasRemaining() && !archiveEnded) {
      sink.headers(bytes);
    }
  }

  /** Says that nothing of what follows in the tar is unpacked. */
  void archiveEnds() {
    archiveEnded = true;
  }

  /** No layer is made of a blob of which not all can be decompressed. */
  @Override
  public void broken(IOException reason) throws IOException {
    throw reason;
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
    paddingLeft = TarBlocks.padding(size);
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

  private void takeContent(ByteBuffer content) throws IOException {
    while (content.hasRemaining()) {
      if (chunkLeft == 0) {
        beginChunk();
      }
      int count = (int) Math.min(content.remaining(), chunkLeft);
      var part = content.slice(content.position(), count);
      content.position(content.position() + count);
      bench.sha256.update(part.duplicate());
      sink.write(chunkPlace + chunkSize, part);
      tarBytes += count;
      chunkSize += count;
      chunkLeft -= count;
      contentLeft -= count;
      if (chunkLeft == 0) {
        endChunk();
      }
    }
  }

  /** Begins a chunk with the next byte. */
  private void beginChunk() {
    chunkSize = 0;
    chunkLeft = Math.min(CHUNK_BYTES, contentLeft);
    var start = starts.before(tarBytes);
    chunkBlobOffset = compression == Compression.NONE ? tarBytes : start.blobOffset();
    chunkInnerOffset = compression == Compression.NONE ? 0 : tarBytes - start.tarOffset();
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
