package dev.lazuli.estargz.footer;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Footers that are the content of a last skippable zstd frame, all numbers u64 LE:
 *
 * <pre>
 * stargz-snapshotter, 40 bytes   TOC offset, compressed size, size, type 1,
 *                                magic "GnUlInUx"
 * containers/storage, 64 bytes   TOC offset, compressed size, size, type 1,
 *                                tar-split offset, compressed size, size, magic "GNUlInUx"
 * </pre>
 *
 * The TOC lies in a skippable frame too; its offset points behind that frame's 8-byte header. As
 * estargz/zstdchunked of stargz-snapshotter and pkg/chunked/internal of containers/storage have
 * them.
 */
final class ZstdFooters {
  static final int STARGZ_BYTES = 40;
  static final int CONTAINERS_BYTES = 64;

  /** Bytes of a skippable frame's header. */
  static final int FRAME_HEADER_BYTES = 8;

  /** "GnUlInUx", read as u64 LE. */
  static final long STARGZ_MAGIC = 0x7855_6e49_6c55_6e47L;

  /** "GNUlInUx", read as u64 LE. */
  private static final long CONTAINERS_MAGIC = 0x7855_6e49_6c55_4e47L;

  static final long TYPE_CRFS = 1;

  static Optional<Footer> find(String layer, byte[] tail, long blobSize, Limits limits)
      throws LayerFormatException {
    var magic = tail.length < Long.BYTES ? 0 : at(tail, tail.length - Long.BYTES);
    if (magic == STARGZ_MAGIC && tail.length >= STARGZ_BYTES) {
      return Optional.of(
          footer(layer, LayerFormat.ZSTD_CHUNKED, tail, STARGZ_BYTES, blobSize, limits));
    }
    if (magic == CONTAINERS_MAGIC && tail.length >= CONTAINERS_BYTES) {
      var format = LayerFormat.ZSTD_CHUNKED_CONTAINERS;
      return Optional.of(footer(layer, format, tail, CONTAINERS_BYTES, blobSize, limits));
    }
    return Optional.empty();
  }

  private static Footer footer(
      String layer, LayerFormat format, byte[] tail, int bytes, long blobSize, Limits limits)
      throws LayerFormatException {
    var start = tail.length - bytes;
    var offset = at(tail, start);
    var compressed = at(tail, start + 8);
    var end = blobSize - bytes - FRAME_HEADER_BYTES;
    check(layer, "TOC offset", offset, FRAME_HEADER_BYTES, end);
    check(layer, "TOC compressed size", compressed, 1, end - offset);
    check(layer, "TOC size", at(tail, start + 16), 1, limits.tocBytes());
    check(layer, "TOC type", at(tail, start + 24), TYPE_CRFS, TYPE_CRFS);
    return new Footer(format, offset, offset + compressed, offset - FRAME_HEADER_BYTES);
  }

  private static void check(String layer, String field, long value, long least, long most)
      throws LayerFormatException {
    if (value < least || value > most) {
      throw new LayerFormatException(layer, "footer " + field, value, least + " to " + most);
    }
  }

  private static long at(byte[] bytes, int index) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(index);
  }

  private ZstdFooters() {}
}
