package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Decodes chunks from a blob range while it streams by. Memory of one decoding is one window of 64
 * KiB and one decompressor (40 KiB of zlib, or a zstd window within {@link
 * Limits#zstdWindowBytes()}), whatever the size of the chunks; both are pooled and used again. All
 * zstd windows together stay within {@link Limits#zstdMemoryBytes()}.
 *
 * <p>Safe for any thread.
 */
public final class ChunkDecoder implements AutoCloseable {
  /** Idle decompressors kept of each kind: more than streams that run at once on most nodes. */
  private static final int IDLE = 16;

  private final DecoderPool pool;

  /** Makes a decoder with empty pools. */
  public ChunkDecoder(Limits limits) {
    pool = new DecoderPool(limits, IDLE);
  }

  /**
   * Decodes the wanted chunks in one pass over the range. What lies before, between and after them
   * is dropped: whole streams without being decompressed, where no wanted chunk lies in them. Stops
   * reading after the last wanted chunk, or the span that it lies in; the caller closes the range.
   *
   * @param compression how the blob is compressed
   * @param range the blob's bytes from {@code rangeOffset}, at least to the {@code chunkBlobEnd} of
   *     the last wanted chunk
   * @param rangeOffset where the range starts in the blob, at most the {@code chunkBlobOffset} of
   *     the first wanted chunk
   * @param wanted chunk numbers, each once
   * @throws DigestMismatchException if a chunk's bytes are wrong; it was aborted, those before it
   *     (in blob order) were committed, those after it were not begun
   * @throws LayerFormatException if the range cannot be decompressed
   * @throws IOException if the range or the sink fails; an unfinished chunk was aborted
   */
  public void decode(
      Compression compression,
      BlobStream range,
      long rangeOffset,
      ChunkTableView chunks,
      int[] wanted,
      ChunkSink sink)
      throws IOException {
    try (var bench = pool.borrow(compression)) {
      int[] order = inBlobOrder(chunks, wanted);
      if (chunks.spans().count() > 0) {
        var check = new SpanCheck(range, rangeOffset, chunks.spans(), chunks.layer());
        var cursor = new BlobCursor(check, rangeOffset);
        new SpanPass(new DecodePass(bench, cursor, chunks, sink), cursor, check).run(order);
        return;
      }
      var pass = new DecodePass(bench, new BlobCursor(range, rangeOffset), chunks, sink);
      for (int chunk : order) {
        pass.decode(chunk);
      }
    }
  }

  /** Returns whether a decoding waits for the memory of others' zstd windows. */
  public boolean isMemoryWanted() {
    return pool.isMemoryWanted();
  }

  /**
   * Reads a whole blob once, from its first byte to its last: digests it and all that it
   * decompresses to, and hands every chunk of the table that is found in that tar to the sink.
   * Nothing that is wrong with the blob ends the pass early, so that its digest is always known.
   *
   * @param blob the blob from its first byte to its last; the caller closes it
   * @param follower reads the tar as it passes
   * @throws IOException if the blob or the sink fails; an unfinished chunk was aborted
   */
  public WholeBlob decodeWhole(
      Compression compression,
      BlobStream blob,
      ChunkTableView chunks,
      ChunkSink sink,
      TarFollower follower)
      throws IOException {
    try (var order = new BlobOrder(chunks);
        var bench = pool.borrow(compression)) {
      return new WholePass(bench, compression, chunks, order, sink, follower).run(blob);
    }
  }

  /** Returns the chunks in the order of the blob, which almost always is the order they come in. */
  public static int[] inBlobOrder(ChunkTableView chunks, int[] wanted) {
    for (int i = 1; i < wanted.length; i++) {
      if (compare(chunks, wanted[i - 1], wanted[i]) >= 0) {
        Comparator<Integer> order = (a, b) -> compare(chunks, a, b);
        return Arrays.stream(wanted).boxed().sorted(order).mapToInt(Integer::intValue).toArray();
      }
    }
    return wanted;
  }

  private static int compare(ChunkTableView chunks, int a, int b) {
    var byOffset = Long.compare(chunks.chunkBlobOffset(a), chunks.chunkBlobOffset(b));
    return byOffset != 0
        ? byOffset
        : Long.compare(chunks.chunkInnerOffset(a), chunks.chunkInnerOffset(b));
  }

  /** Frees the pooled decompressors. Decodings under way finish. */
  @Override
  public void close() {
    pool.close();
  }
}
