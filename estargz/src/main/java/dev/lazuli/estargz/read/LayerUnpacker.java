package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.IOException;

/**
 * Reads layers that have no index, whole, in one pass from the first byte to the last: headers
 * become an index, contents go to a sink, and the digests of the blob, the tar and every chunk are
 * taken on the way. Memory is that of {@link ChunkDecoder} for each pass, and the index.
 *
 * <p>Safe for any thread.
 */
public final class LayerUnpacker implements AutoCloseable {
  /**
   * 4 MiB of a tar lie between checkpoints, as in others' indexes: less would make the index large,
   * more would have to be decompressed before the first byte that a reader wants.
   */
  public static final long SPACING_BYTES = 4 << 20;

  /** For those who need no checkpoints: none is looked for. */
  public static final long NO_CHECKPOINTS = Long.MAX_VALUE;

  /** 4 MiB: the largest chunk into which the content of a file is cut. */
  public static final int CHUNK_BYTES = UnpackPass.CHUNK_BYTES;

  /** Each file's content begins in the data file at a multiple of this many bytes. */
  public static final int BLOCK_BYTES = UnpackPass.BLOCK;

  private static final int IDLE = 4;

  private final Limits limits;
  private final long spacing;
  private final DecoderPool pool;

  /** Makes an unpacker with empty pools, with checkpoints every {@link #SPACING_BYTES}. */
  public LayerUnpacker(Limits limits) {
    this(limits, SPACING_BYTES);
  }

  /**
   * Makes an unpacker with empty pools.
   *
   * @param spacing bytes of a tar between checkpoints at least, 64 KiB or more, or {@link
   *     #NO_CHECKPOINTS}
   */
  public LayerUnpacker(Limits limits, long spacing) {
    this.limits = limits;
    this.spacing = spacing;
    pool = new DecoderPool(limits, IDLE);
  }

  /**
   * Reads a blob to its end: a tar, compressed in any way that its first bytes show.
   *
   * @param blob the blob from its first byte to its last; the caller closes it
   * @param layer named in errors
   * @param share pays for the index; closed with it, or here if this fails
   * @param sink gets all contents, also those that a later entry of the same name replaces
   * @throws LayerFormatException if it cannot be decompressed or unpacked, or breaks a limit
   * @throws TarFormatException if it is not a tar, or holds what no layer can
   * @throws IOException if the blob or the sink fails, or it is cut off
   */
  public UnpackedLayer unpack(
      BlobStream blob, String layer, IndexMemory.Share share, ContentSink sink) throws IOException {
    boolean done = false;
    try {
      var unpacked = pass(blob, layer, share, sink);
      done = true;
      return unpacked;
    } finally {
      if (!done) {
        share.close();
      }
    }
  }

  private UnpackedLayer pass(
      BlobStream blob, String layer, IndexMemory.Share share, ContentSink sink) throws IOException {
    var hashed = new DigestedStream(blob, Digest.newSha256());
    var peeked = new PeekedStream(hashed);
    var compression = peeked.compression();
    var cursor = new BlobCursor(peeked, 0);
    try (var bench = pool.borrow(compression)) {
      bench.decoder.start(cursor, layer);
      var pass = new UnpackPass(bench, cursor, compression, layer, limits, spacing, sink);
      try (var indexer = TarIndexer.placing(layer, limits, share, pass)) {
        var input = new PassInput(bench, pass);
        indexer.read(input);
        pass.archiveEnds();
        input.drain();
        hashed.drain();
        var blobDigest = Digest.ofSha256(hashed.digest().digest());
        return new UnpackedLayer(
            blobDigest, pass.diffId(), compression, indexer.build(), pass.dataSize());
      }
    }
  }

  /** Frees the pooled decompressors. Passes under way finish. */
  @Override
  public void close() {
    pool.close();
  }
}
