package dev.lazuli.estargz.ztoc;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The spans of a layer: parts of its blob, one after the other, each with the digest of its
 * compressed bytes and with what it takes to begin decompression there. Two neighbours may share
 * one byte.
 *
 * <p>Those of a gzip blob lie in a ztoc as SOCI's zlib code writes them, packed, little-endian:
 *
 * <pre>
 * 0      4  number of spans
 * 4      8  size of a span in the tar, roughly
 * 12 + k · 32785: of the span k, or k + 1 where the first, which can be told, is left out
 *    0      8  blob offset of its first whole byte
 *    8      8  tar offset of the first byte that comes out
 *   16      1  bits of the byte before it that belong to it, the topmost; 0 to 7
 *   17  32768  what comes out before it
 * </pre>
 */
public final class ZtocSpans {
  /** What {@link #bit} says of spans that are not compressed. */
  public static final int STREAM = -1;

  /**
   * As many as a layer may have: an uncompressed tar of 64 GiB with spans of 4 MiB. All of their
   * digests are on the heap for a while. A compressed layer has fewer: each brings its window.
   */
  static final int MOST = 1 << 14;

  private static final int WINDOW_BYTES = 32 << 10;
  private static final int HEAD_BYTES = 12;
  private static final int ROW_BYTES = 17 + WINDOW_BYTES;

  /** Where the first block of a gzip member without a name begins. */
  private static final int GZIP_HEADER_BYTES = 10;

  private final int count;
  private final long[] starts;
  private final long[] tarOffsets;
  private final int[] bits;
  private final Digest[] digests;
  private final ByteBuffer rows;

  private ZtocSpans(Digest[] digests, ByteBuffer rows, long blobBytes, long tarBytes) {
    this.count = digests.length;
    this.digests = digests;
    this.rows = rows;
    starts = new long[count + 1];
    tarOffsets = new long[count + 1];
    bits = new int[count];
    starts[count] = blobBytes;
    tarOffsets[count] = tarBytes;
  }

  /** Reads the spans of a gzip blob. */
  static ZtocSpans gzip(
      FlatBytes file, ByteBuffer zinfo, Digest[] digests, long blobBytes, long tarBytes)
      throws LayerFormatException {
    int count = digests.length;
    long known = zinfo.limit() < HEAD_BYTES ? -1 : zinfo.getInt(0);
    boolean hasFirst = zinfo.limit() == HEAD_BYTES + (long) count * ROW_BYTES;
    boolean lacksFirst = zinfo.limit() == HEAD_BYTES + (count - 1L) * ROW_BYTES;
    if (known != count || !(hasFirst || lacksFirst)) {
      throw file.bad(
          "checkpoints", zinfo.limit() + " bytes", "those of " + count + " spans, not " + known);
    }
    var spans = new ZtocSpans(digests, zinfo, blobBytes, tarBytes);
    for (int span = 0; span < count; span++) {
      int row = spans.row(span);
      spans.starts[span] = row < 0 ? GZIP_HEADER_BYTES : zinfo.getLong(row);
      spans.tarOffsets[span] = row < 0 ? 0 : zinfo.getLong(row + 8);
      int left = row < 0 ? 0 : zinfo.get(row + 16);
      if (left < 0 || left > 7) {
        throw file.bad("checkpoint bits", left, "0 to 7");
      }
      spans.bits[span] = (8 - left) % 8;
    }
    spans.check(file);
    return spans;
  }

  /** Makes the spans of a blob that is not compressed: all of one size but the last. */
  static ZtocSpans plain(FlatBytes file, long spanBytes, Digest[] digests, long blobBytes)
      throws LayerFormatException {
    long count = spanBytes < 1 ? -1 : (blobBytes - 1) / spanBytes + 1;
    if (count != digests.length) {
      throw file.bad("span size", spanBytes, "that of " + digests.length + " spans");
    }
    var spans = new ZtocSpans(digests, ByteBuffer.allocate(0), blobBytes, blobBytes);
    for (int span = 0; span < count; span++) {
      spans.starts[span] = span * spanBytes;
      spans.tarOffsets[span] = span * spanBytes;
      spans.bits[span] = STREAM;
    }
    return spans;
  }

  private void check(FlatBytes file) throws LayerFormatException {
    if (starts[0] < 1 || tarOffsets[0] != 0) {
      throw file.bad("first checkpoint", starts[0] + "/" + tarOffsets[0], "the tar's start");
    }
    for (int span = 0; span < count; span++) {
      // One more than the last: where neighbours share a byte, each needs one of its own, too.
      boolean isBehind = span > 0 && starts[span] <= starts[span - 1] + 1;
      if (isBehind || starts[span] >= starts[count] || tarOffsets[span] >= tarOffsets[span + 1]) {
        throw file.bad(
            "checkpoint " + span, starts[span] + "/" + tarOffsets[span], "behind the one before");
      }
    }
  }

  private int row(int span) {
    int missing = count - (rows.limit() - HEAD_BYTES) / ROW_BYTES;
    return span < missing ? -1 : HEAD_BYTES + (span - missing) * ROW_BYTES;
  }

  /** Returns how many there are, at least 1. */
  public int count() {
    return count;
  }

  /** Returns the blob offset of the byte that has the span's first bit. */
  public long start(int span) {
    return bits[span] > 0 ? starts[span] - 1 : starts[span];
  }

  /** Returns where the span ends in the blob: its neighbour may begin one byte before. */
  public long end(int span) {
    return starts[span + 1];
  }

  /** Returns the place of the first bit in its byte, or {@link #STREAM}. */
  public int bit(int span) {
    return bits[span];
  }

  /** Returns where in the tar the first byte belongs that comes out. */
  public long tarOffset(int span) {
    return tarOffsets[span];
  }

  /** Returns where in the tar the span ends. */
  public long tarEnd(int span) {
    return tarOffsets[span + 1];
  }

  /** Returns the digest of its compressed bytes. */
  public Digest digest(int span) {
    return digests[span];
  }

  /** Returns 32 KiB that come out before it; empty where nothing has to be known. */
  public ByteBuffer window(int span) {
    if (bits[span] == STREAM) {
      return ByteBuffer.allocate(0);
    }
    int row = row(span);
    return row < 0
        ? ByteBuffer.allocate(WINDOW_BYTES)
        : rows.slice(row + 17, WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns the span in which a byte of the tar lies. */
  public int holding(long tarOffset) {
    int low = 0;
    int high = count - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (tarOffsets[middle] <= tarOffset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
