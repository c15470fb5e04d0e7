package dev.lazuli.estargz.index;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.LayerFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The first bytes of a shared index, and what follows them. All numbers are little-endian:
 *
 * <pre>
 * file      facts (112 bytes)
 *           headers of the tar, packed as {@link HeaderColumns}: all of its bytes up to the end of
 *             the archive but contents and what fills their last blocks
 *           ends of chunks, deflated (RFC 1951): of each, in the order of the tar, how far behind
 *             the end of the one before it in the blob, as {@link PackedNumbers}
 *           SHA-256 of each chunk
 *           starts: of each how far in the blob and in the tar behind the one before it, its bit
 *             plus 1 and the size of its window as {@link PackedNumbers}; then the window
 *
 * facts     0  8  magic "LZSHARE2"            64  8  starts
 *           8 32  digest of the layer's blob  72  8  bytes of headers
 *          40  8  bytes of the blob           80  8  bytes of headers, packed
 *          48  8  0 plain, 1 gzip, 2 zstd     88  8  bytes of ends, deflated
 *          56  8  chunks                      96  8  bytes of starts
 *         104  8  zero
 * </pre>
 *
 * <p>Chunks and their places follow from the headers: each file's content has a place of its own in
 * the data file, in the order of the tar, and is cut into chunks of 4 MiB. Decompression for a
 * chunk begins at the last start before it.
 */
public record IndexFacts(
    Digest layer,
    long blobBytes,
    Compression compression,
    long chunks,
    long starts,
    long headersBytes,
    long packedHeadersBytes,
    long packedEndsBytes,
    long startsBytes) {
  /** How many bytes the facts take. */
  public static final int BYTES = 112;

  /** 128 MiB: no index may be larger. */
  public static final long MOST_BYTES = 128L << 20;

  private static final long MAGIC = 0x3245_5241_4853_5a4cL; // "LZSHARE2"

  /** As a table of starts takes. */
  private static final int MOST_STARTS = 1 << 18;

  byte[] bytes() {
    var bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(MAGIC).put(layer.bytes()).putLong(blobBytes).putLong(code(compression));
    bytes.putLong(chunks).putLong(starts).putLong(headersBytes).putLong(packedHeadersBytes);
    bytes.putLong(packedEndsBytes).putLong(startsBytes);
    return bytes.array();
  }

  private static long code(Compression compression) {
    return switch (compression) {
      case NONE -> 0;
      case GZIP -> 1;
      case ZSTD -> 2;
    };
  }

  /**
   * Reads facts.
   *
   * @param fileBytes of the whole index
   * @throws LayerFormatException if they are not those of an index of this size
   */
  public static IndexFacts of(byte[] facts, long fileBytes, String layer)
      throws LayerFormatException {
    if (facts.length < BYTES) {
      throw new LayerFormatException(
          layer, "bytes of its index", facts.length, "at least " + BYTES);
    }
    var bytes = ByteBuffer.wrap(facts).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.getLong() != MAGIC) {
      throw new LayerFormatException(layer, "magic of its index", "another", "LZSHARE2");
    }
    var sha256 = new byte[Digest.SHA256_BYTES];
    bytes.get(sha256);
    long blobBytes = bytes.getLong();
    var compression = compression(bytes.getLong(), layer);
    var found =
        new IndexFacts(
            Digest.ofSha256(sha256),
            blobBytes,
            compression,
            bytes.getLong(),
            bytes.getLong(),
            bytes.getLong(),
            bytes.getLong(),
            bytes.getLong(),
            bytes.getLong());
    found.require(fileBytes, layer);
    return found;
  }

  private static Compression compression(long code, String layer) throws LayerFormatException {
    for (var known : Compression.values()) {
      if (code(known) == code) {
        return known;
      }
    }
    throw new LayerFormatException(layer, "compression in its index", code, "0, 1 or 2");
  }

  private void require(long fileBytes, String layer) throws LayerFormatException {
    long left = fileBytes - BYTES;
    boolean fits = fileBytes <= MOST_BYTES && chunks >= 0 && chunks <= MOST_BYTES / 32;
    for (long part : new long[] {packedHeadersBytes, packedEndsBytes, startsBytes}) {
      fits &= part >= 0 && part <= left;
      left -= fits ? part : 0;
    }
    if (!fits || left != chunks * Digest.SHA256_BYTES) {
      throw new LayerFormatException(layer, "bytes of its index", fileBytes, "those of its parts");
    }
    if (blobBytes < 0 || headersBytes < 0 || starts < 0 || starts > MOST_STARTS) {
      throw new LayerFormatException(layer, "facts of its index", this, "sizes and counts");
    }
  }

  long endsAt() {
    return BYTES + packedHeadersBytes;
  }

  long digestsAt() {
    return endsAt() + packedEndsBytes;
  }

  long startsAt() {
    return digestsAt() + chunks * Digest.SHA256_BYTES;
  }
}
