package dev.lazuli.estargz.footer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Footers that are an empty gzip member with an extra field (RFC 1952, 2.3.1.1):
 *
 * <pre>
 * 1f 8b 08 04 | mtime 4, xfl 1, os 1 | XLEN u16 LE | extra | empty deflate block 5 | trailer 8
 *
 * eStargz v1, 51 bytes     XLEN 26  'S' 'G' 22 00, TOC offset as 16 hex digits, "STARGZ"
 * stargz (CRFS), 47 bytes  XLEN 22  TOC offset as 16 hex digits, "STARGZ"
 * external TOC, 46 bytes   XLEN 21  'S' 'G' 17 00, "STARGZEXTERNALTOC"
 * </pre>
 *
 * As docs/estargz.md and estargz/gzip.go, externaltoc.go of stargz-snapshotter have them.
 */
final class GzipFooters {
  static final int ESTARGZ_BYTES = 51;
  static final int STARGZ_BYTES = 47;
  static final int EXTERNAL_TOC_BYTES = 46;
  private static final int HEADER_BYTES = 12;
  private static final int OFFSET_DIGITS = 16;

  static Optional<Footer> find(String layer, byte[] tail, long blobSize)
      throws LayerFormatException {
    var estargz = extra(tail, ESTARGZ_BYTES);
    if (estargz.startsWith("SG\26\0") && estargz.endsWith("STARGZ")) {
      var digits = estargz.substring(4, 4 + OFFSET_DIGITS);
      return Optional.of(footer(layer, LayerFormat.ESTARGZ, digits, blobSize - ESTARGZ_BYTES));
    }
    var stargz = extra(tail, STARGZ_BYTES);
    if (stargz.endsWith("STARGZ")) {
      var digits = stargz.substring(0, OFFSET_DIGITS);
      return Optional.of(footer(layer, LayerFormat.STARGZ, digits, blobSize - STARGZ_BYTES));
    }
    if (extra(tail, EXTERNAL_TOC_BYTES).equals("SG\21\0STARGZEXTERNALTOC")) {
      var end = blobSize - EXTERNAL_TOC_BYTES;
      return Optional.of(new Footer(LayerFormat.ESTARGZ_EXTERNAL_TOC, -1, -1, end));
    }
    return Optional.empty();
  }

  /** Returns the extra field of a footer of this size, empty if there is none. */
  private static String extra(byte[] tail, int footerBytes) {
    var at = tail.length - footerBytes;
    var length = footerBytes - HEADER_BYTES - 13;
    if (at < 0
        || tail[at] != 0x1f
        || tail[at + 1] != (byte) 0x8b
        || tail[at + 2] != 8
        || tail[at + 3] != 4
        || tail[at + 10] != length
        || tail[at + 11] != 0) {
      return "";
    }
    return new String(tail, at + HEADER_BYTES, length, ISO_8859_1);
  }

  private static Footer footer(String layer, LayerFormat format, String digits, long tocEnd)
      throws LayerFormatException {
    if (!digits.chars().allMatch(HexFormat::isHexDigit)) {
      throw new LayerFormatException(layer, "footer TOC offset", digits, "16 hex digits");
    }
    var offset = HexFormat.fromHexDigitsToLong(digits);
    if (offset < 0 || offset >= tocEnd) {
      throw new LayerFormatException(layer, "footer TOC offset", offset, "0 to " + (tocEnd - 1));
    }
    return new Footer(format, offset, tocEnd, offset);
  }

  private GzipFooters() {}
}
