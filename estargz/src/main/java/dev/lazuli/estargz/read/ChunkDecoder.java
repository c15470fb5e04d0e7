package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.io.IOException;

/**
 * Decodes chunks from a blob range while it streams by. Memory of one decoding is one window of 64
 * KiB and one decompressor (40 KiB of zlib, or a zstd window within {@link
 * Limits#zstdWindowBytes()}), whatever the size of the chunks; both are pooled and used again.
 *
 * <p>Safe for any thread.
 */
public final class ChunkDecoder implements AutoCloseable {
  private final Limits limits;

  /** Makes a decoder with empty pools. */
  public ChunkDecoder(Limits limits) {
    this.limits = limits;
  }

  /**
   * Decodes the wanted chunks in one pass over the range. What lies before, between and after them
   * is dropped: whole streams without being decompressed, where no wanted chunk lies in them. Stops
   * reading after the last wanted chunk; the caller closes the range.
   *
   * @param compression how the blob is compressed
   * @param range the blob's bytes from {@code rangeOffset}, at least to the {@code chunkBlobEnd} of
   *     the last wanted chunk
   * @param rangeOffset where the range starts in the blob, at most the {@code chunkBlobOffset} of
   *     the first wanted chunk
   * @param wanted chunk numbers, ascending
   * @throws DigestMismatchException if a chunk's bytes are wrong; it was aborted, those before it
   *     were committed, those after it were not begun
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
    if (wanted.length > 0) {
      throw new IOException("not decodable yet within " + limits);
    }
  }

  /** Frees the pooled decompressors. Decodings under way finish. */
  @Override
  public void close() {}
}
