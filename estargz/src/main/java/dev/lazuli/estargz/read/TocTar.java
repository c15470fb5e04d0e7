package dev.lazuli.estargz.read;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.tar.TarBlocks;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The tar that a gzip TOC is wrapped in: one regular entry, {@code stargz.index.json}. Writers may
 * put a PAX header before it; what that says does not matter here.
 *
 * <pre>
 * tar header, 512 bytes: name 100 at 0, size as 12 octal digits at 124, type at 156
 * </pre>
 */
final class TocTar extends FilterInputStream {
  private static final String NAME = "stargz.index.json";
  private static final int BLOCK = 512;
  private static final int MOST_HEADERS = 4;

  private final String layer;
  private long left;

  private TocTar(InputStream tar, String layer) {
    super(tar);
    this.layer = layer;
  }

  /** Reads up to the JSON and returns it as a stream of exactly its size. */
  static InputStream open(InputStream tar, String layer, Limits limits) throws IOException {
    var toc = new TocTar(tar, layer);
    for (int i = 0; i < MOST_HEADERS; i++) {
      var header = toc.readHeader(limits);
      switch (header.charAt(156)) {
        case 'x', 'g' ->
            TarBlocks.skip(
                toc.in,
                (toc.left + BLOCK - 1) & -BLOCK,
                "layer " + layer + ": tar of the TOC is cut off");
        case '0', '\0' -> {
          toc.checkName(header);
          return toc;
        }
        default -> throw toc.bad("type", header.substring(156, 157), "a regular file");
      }
    }
    throw toc.bad("headers", "over " + MOST_HEADERS, "at most " + MOST_HEADERS);
  }

  private String readHeader(Limits limits) throws IOException {
    var block = in.readNBytes(BLOCK);
    if (block.length < BLOCK) {
      throw new EOFException("layer " + layer + ": tar of the TOC is cut off");
    }
    var header = new String(block, ISO_8859_1);
    var digits = header.substring(124, 136).replace('\0', ' ').strip();
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '7')) {
      throw bad("size", digits, "octal digits");
    }
    left = Long.parseLong(digits, 8);
    if (left > limits.tocBytes()) {
      throw bad("size", left, "at most " + limits.tocBytes());
    }
    return header;
  }

  private void checkName(String header) throws LayerFormatException {
    var field = header.substring(0, 100);
    var end = field.indexOf('\0');
    var name = end < 0 ? field : field.substring(0, end);
    if (!name.equals(NAME)) {
      throw bad("name", name, NAME);
    }
  }

  private LayerFormatException bad(String field, Object value, String limit) {
    return new LayerFormatException(layer, "TOC tar entry " + field, value, limit);
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (left == 0) {
      return -1;
    }
    var read = in.read(into, offset, (int) Math.min(length, left));
    if (read < 0) {
      throw new EOFException("layer " + layer + ": TOC is cut off, " + left + " bytes missing");
    }
    left -= read;
    return read;
  }
}
