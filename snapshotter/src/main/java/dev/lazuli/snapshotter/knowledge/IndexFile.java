package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a kept index says in its last bytes. All numbers are little-endian:
 *
 * <pre>
 * file      references, one in a line, UTF-8
 *           meta.erofs, deflated (RFC 1951)
 *           chunks, deflated: see {@link PackedChunks}
 *           SHA-256 of each chunk
 *           starts, as the store has them
 *           facts (168 bytes)
 *           SHA-256 of all before it
 *
 * facts     0  8  magic "LZINDEX1"           88  8  chunks
 *           8 32  digest of the layer's blob 96  8  bytes of references
 *          40 32  DiffID of the layer       104  8  bytes of meta.erofs, deflated
 *          72  8  bytes of the blob         112  8  bytes of meta.erofs
 *          80  8  bytes of the data file    120  8  bytes of chunks, deflated
 *         144  8  version of meta.erofs     128  8  bytes of starts, 0 if there are none
 *         152 16  zero                      136  8  compression: 0 none, 1 gzip, 2 zstd
 * </pre>
 *
 * @param chunks how many
 * @param metaVersion of what makes meta.erofs: one of another version would be mounted as it is
 */
record IndexFile(
    Digest layer,
    Digest diffId,
    long blobBytes,
    long dataBytes,
    long chunks,
    long referencesBytes,
    long packedMetaBytes,
    long metaBytes,
    long packedChunksBytes,
    long startsBytes,
    Compression compression,
    long metaVersion) {
  static final int FACTS_BYTES = 168;
  static final int DIGEST_BYTES = Digest.SHA256_BYTES;

  private static final long MAGIC = 0x3158_4544_4e49_5a4cL; // "LZINDEX1"

  byte[] facts() {
    var bytes = ByteBuffer.allocate(FACTS_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(MAGIC).put(layer.bytes()).put(diffId.bytes());
    bytes.putLong(blobBytes).putLong(dataBytes).putLong(chunks).putLong(referencesBytes);
    bytes.putLong(packedMetaBytes).putLong(metaBytes).putLong(packedChunksBytes);
    bytes.putLong(startsBytes).putLong(code(compression)).putLong(metaVersion);
    return bytes.array();
  }

  /**
   * Reads facts.
   *
   * @param fileBytes of the whole file
   * @return empty if the facts are not those of such a file
   */
  static Optional<IndexFile> of(byte[] facts, long fileBytes) {
    var bytes = ByteBuffer.wrap(facts).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.getLong() != MAGIC) {
      return Optional.empty();
    }
    var layer = digest(bytes);
    var diffId = digest(bytes);
    var numbers = new long[10];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = bytes.getLong();
    }
    var compression = compression(numbers[8]);
    if (compression.isEmpty()) {
      return Optional.empty();
    }
    var file =
        new IndexFile(
            layer,
            diffId,
            numbers[0],
            numbers[1],
            numbers[2],
            numbers[3],
            numbers[4],
            numbers[5],
            numbers[6],
            numbers[7],
            compression.get(),
            numbers[9]);
    return file.fits(fileBytes) ? Optional.of(file) : Optional.empty();
  }

  private static long code(Compression compression) {
    return switch (compression) {
      case NONE -> 0;
      case GZIP -> 1;
      case ZSTD -> 2;
    };
  }

  private static Optional<Compression> compression(long code) {
    return Arrays.stream(Compression.values()).filter(known -> code(known) == code).findFirst();
  }

  private static Digest digest(ByteBuffer bytes) {
    var sha256 = new byte[DIGEST_BYTES];
    bytes.get(sha256);
    return Digest.ofSha256(sha256);
  }

  private boolean fits(long fileBytes) {
    long left = fileBytes - FACTS_BYTES - DIGEST_BYTES;
    for (long part :
        new long[] {referencesBytes, packedMetaBytes, packedChunksBytes, startsBytes}) {
      if (part < 0 || part > left) {
        return false;
      }
      left -= part;
    }
    return blobBytes >= 0
        && dataBytes >= 0
        && metaBytes >= 0
        && left % DIGEST_BYTES == 0
        && left / DIGEST_BYTES == chunks;
  }

  long metaAt() {
    return referencesBytes;
  }

  long chunksAt() {
    return metaAt() + packedMetaBytes;
  }

  long digestsAt() {
    return chunksAt() + packedChunksBytes;
  }

  long startsAt() {
    return digestsAt() + chunks * DIGEST_BYTES;
  }
}
