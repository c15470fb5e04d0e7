package dev.lazuli.estargz.ztoc;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a ztoc says of a layer: its files, where their contents lie in the tar, and the spans by
 * which the blob is read. Fields are numbered as SOCI's schema lists them. For one thread.
 *
 * @see <a
 *     href="https://github.com/awslabs/soci-snapshotter/blob/main/ztoc/fbs/ztoc.fbs">ztoc.fbs</a>
 */
public final class Ztoc {
  /** The largest that is read: the ztoc of a gzip layer of about 10 GiB. */
  public static final long MOST_BYTES = 256L << 20;

  /** 64 MiB of a tar: a reader waits for the whole span that has its bytes. */
  private static final long MOST_SPAN_BYTES = 64L << 20;

  /** As many are planned as one range, and held until it is known that they are right. */
  private static final int MOST_CHUNKS = 1 << 12;

  private static final int GZIP = 1;
  private static final int UNCOMPRESSED = 2;

  private static final int BLOB_BYTES = 2;
  private static final int TAR_BYTES = 3;
  private static final int TOC = 4;
  private static final int COMPRESSION = 5;

  private static final int ALGORITHM = 0;
  private static final int LAST_SPAN = 1;
  private static final int DIGESTS = 2;
  private static final int CHECKPOINTS = 3;

  /** Of what spans of uncompressed tars have instead of checkpoints, a FlatBuffer in itself. */
  private static final int SPAN_BYTES = 1;

  private static final int DIGEST_CHARACTERS = 71;

  private final FlatBytes file;
  private final FlatTable toc;
  private final Compression compression;
  private final ZtocSpans spans;
  private final Limits limits;

  private Ztoc(
      FlatBytes file, FlatTable toc, Compression compression, ZtocSpans spans, Limits limits) {
    this.file = file;
    this.toc = toc;
    this.compression = compression;
    this.spans = spans;
    this.limits = limits;
  }

  /**
   * Reads a ztoc, all but its files.
   *
   * @param layer named in errors
   * @param bytes of the file, to be left alone until the last use of the result
   * @param blobBytes of the layer's blob, as its image's manifest says
   * @throws LayerFormatException if it breaks its format or a limit, or is that of another blob
   */
  public static Ztoc read(String layer, ByteBuffer bytes, long blobBytes, Limits limits)
      throws LayerFormatException {
    var file = new FlatBytes(layer, bytes);
    var root = file.root();
    if (root.int64(BLOB_BYTES) != blobBytes) {
      throw file.bad("size of the layer", root.int64(BLOB_BYTES), "" + blobBytes);
    }
    long tarBytes = root.int64(TAR_BYTES);
    if (tarBytes < 1 || tarBytes > limits.dataBytes()) {
      throw file.bad("size of the tar", tarBytes, "1 to " + limits.dataBytes());
    }
    var info = root.table(COMPRESSION);
    var compression = compression(file, info);
    var spans = spans(file, info, compression, blobBytes, tarBytes);
    return new Ztoc(file, root.table(TOC), compression, spans, limits);
  }

  private static Compression compression(FlatBytes file, FlatTable info)
      throws LayerFormatException {
    int algorithm = info.uint8(ALGORITHM, GZIP);
    return switch (algorithm) {
      case GZIP -> Compression.GZIP;
      case UNCOMPRESSED -> Compression.NONE;
      default -> throw file.bad("compression", algorithm, "1 (gzip) or 2 (none)");
    };
  }

  private static ZtocSpans spans(
      FlatBytes file, FlatTable info, Compression compression, long blobBytes, long tarBytes)
      throws LayerFormatException {
    var digests = digests(file, info);
    var zinfo = info.content(CHECKPOINTS, MOST_BYTES);
    if (compression == Compression.GZIP) {
      return ZtocSpans.gzip(file, zinfo, digests, blobBytes, tarBytes);
    }
    if (tarBytes != blobBytes) {
      throw file.bad("size of the tar", tarBytes, "that of the blob");
    }
    long spanBytes = file.nested(zinfo).root().int64(SPAN_BYTES);
    return ZtocSpans.plain(file, spanBytes, digests, blobBytes);
  }

  private static Digest[] digests(FlatBytes file, FlatTable info) throws LayerFormatException {
    int count = info.count(DIGESTS);
    if (count < 1 || count > ZtocSpans.MOST || count - 1 != info.int32(LAST_SPAN)) {
      throw file.bad(
          "digests of spans", count, (info.int32(LAST_SPAN) + 1L) + ", at most " + ZtocSpans.MOST);
    }
    var digests = new Digest[count];
    for (int span = 0; span < count; span++) {
      var text = info.textElement(DIGESTS, span, DIGEST_CHARACTERS);
      if (!Digest.isDigest(text) || !Digest.parse(text).isSha256()) {
        throw file.bad("digest of span " + span, text, "a SHA-256 digest");
      }
      digests[span] = Digest.parse(text);
    }
    return digests;
  }

  /** Returns how the layer is compressed. */
  public Compression compression() {
    return compression;
  }

  /** Returns the parts by which the blob is read. */
  public ZtocSpans spans() {
    return spans;
  }

  /**
   * Adds the layer's files to an index.
   *
   * @throws LayerFormatException if they break the format or a limit
   * @throws IOException if there is no memory for the index
   */
  public void addTo(TarIndexer indexer) throws IOException {
    new ZtocEntries(file, toc, limits, spans.tarEnd(spans.count() - 1)).addTo(indexer);
  }

  /** Takes chunks in the order of the tar. */
  @FunctionalInterface
  public interface Chunks {
    /**
     * Takes the next one.
     *
     * @param dataOffset its place in the data file
     * @param innerOffset its place in what comes out of the span
     */
    void chunk(long dataOffset, long size, int span, long innerOffset) throws IOException;
  }

  /**
   * Splits files at the ends of spans. A chunk is the part of a file that lies in one span.
   *
   * @param index made of {@link #addTo}
   * @throws LayerFormatException if a span is too large, or too much of it is files
   * @throws IOException if the chunks cannot be taken
   */
  public void forEachChunk(LayerIndex index, Chunks into) throws IOException {
    int last = -1;
    int count = 0;
    for (int content = 0; content < index.chunkCount(); content++) {
      long tarOffset = index.chunkBlobOffset(content);
      long end = tarOffset + index.chunkSize(content);
      for (long at = tarOffset; at < end; ) {
        int span = spans.holding(at);
        count = span == last ? count + 1 : 1;
        last = span;
        check(span, count);
        long size = Math.min(end, spans.tarEnd(span)) - at;
        into.chunk(
            index.chunkDataOffset(content) + at - tarOffset,
            size,
            span,
            at - spans.tarOffset(span));
        at += size;
      }
    }
  }

  private void check(int span, int chunks) throws LayerFormatException {
    long bytes = spans.tarEnd(span) - spans.tarOffset(span);
    if (bytes > MOST_SPAN_BYTES || chunks > MOST_CHUNKS) {
      throw file.bad(
          "span " + span,
          "%d bytes, %d files".formatted(bytes, chunks),
          "%d bytes and %d files".formatted(MOST_SPAN_BYTES, MOST_CHUNKS));
    }
  }
}
