package dev.lazuli.estargz.footer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The footers that are written; their layouts are those of {@link GzipFooters}. */
public final class FooterBytes {
  private static final byte[] GZIP_HEADER = {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 0xff};
  private static final byte[] EMPTY_DEFLATE = {1, 0, 0, (byte) 0xff, (byte) 0xff};
  private static final int TRAILER_BYTES = 8;

  /** Bytes of a skippable zstd frame's header. */
  public static final int FRAME_HEADER_BYTES = ZstdFooters.FRAME_HEADER_BYTES;

  /** Returns the footer of an eStargz layer whose TOC starts at {@code tocOffset}. */
  public static byte[] estargz(long tocOffset) {
    return gzip("SG\26\0%016xSTARGZ".formatted(tocOffset));
  }

  /** Returns the footer of an eStargz layer whose TOC lies in another blob. */
  public static byte[] externalToc() {
    return gzip("SG\21\0STARGZEXTERNALTOC");
  }

  private static byte[] gzip(String extra) {
    return ByteBuffer.allocate(
            GZIP_HEADER.length + 2 + extra.length() + EMPTY_DEFLATE.length + TRAILER_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(GZIP_HEADER)
        .putShort((short) extra.length())
        .put(extra.getBytes(ISO_8859_1))
        .put(EMPTY_DEFLATE)
        .array();
  }

  /** Returns the footer of a zstd:chunked layer, skippable frame included. */
  public static byte[] zstdChunked(long tocOffset, long compressedBytes, long bytes) {
    return ByteBuffer.allocate(FRAME_HEADER_BYTES + ZstdFooters.STARGZ_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(skippableFrameHeader(ZstdFooters.STARGZ_BYTES))
        .putLong(tocOffset)
        .putLong(compressedBytes)
        .putLong(bytes)
        .putLong(ZstdFooters.TYPE_CRFS)
        .putLong(ZstdFooters.STARGZ_MAGIC)
        .array();
  }

  /** Returns the header of a skippable zstd frame of {@code contentBytes}, below 4 GiB. */
  public static byte[] skippableFrameHeader(long contentBytes) {
    if (contentBytes < 0 || contentBytes > 0xffff_ffffL) {
      throw new IllegalArgumentException("skippable frame of " + contentBytes + " bytes");
    }
    return ByteBuffer.allocate(FRAME_HEADER_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x184d_2a50)
        .putInt((int) contentBytes)
        .array();
  }

  private FooterBytes() {}
}
