package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A blob whose first bytes have been looked at: they say how it is compressed, as they do for
 * containerd, whatever its media type claims.
 */
final class PeekedStream implements BlobStream {
  private static final int MAGIC_BYTES = 4;
  private static final int GZIP = 0x0008_8b1f;
  private static final int GZIP_MASK = 0x00ff_ffff;
  private static final int ZSTD = 0xfd2f_b528;
  private static final int ZSTD_SKIPPABLE = 0x184d_2a50;
  private static final int ZSTD_SKIPPABLE_MASK = 0xffff_fff0;

  private final BlobStream rest;
  private final ByteBuffer head =
      ByteBuffer.allocateDirect(MAGIC_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private @Nullable ByteBuffer lent;
  private boolean isHeadGiven;

  /**
   * Reads the first bytes.
   *
   * @param rest a blob from its first byte on; closed with this
   */
  PeekedStream(BlobStream rest) throws IOException {
    this.rest = rest;
    while (head.hasRemaining()) {
      var piece = rest.next();
      if (piece == null) {
        break;
      }
      while (head.hasRemaining() && piece.hasRemaining()) {
        head.put(piece.get());
      }
      lent = piece;
    }
    head.flip();
  }

  Compression compression() {
    if (head.limit() < MAGIC_BYTES) {
      return Compression.NONE;
    }
    int magic = head.getInt(0);
    if ((magic & GZIP_MASK) == GZIP) {
      return Compression.GZIP;
    }
    boolean isZstd = magic == ZSTD || (magic & ZSTD_SKIPPABLE_MASK) == ZSTD_SKIPPABLE;
    return isZstd ? Compression.ZSTD : Compression.NONE;
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    if (!isHeadGiven) {
      isHeadGiven = true;
      if (head.hasRemaining()) {
        return head;
      }
    }
    var piece = lent;
    lent = null;
    return piece != null && piece.hasRemaining() ? piece : rest.next();
  }

  @Override
  public void close() {
    rest.close();
  }
}
