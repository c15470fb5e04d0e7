package dev.lazuli.estargz.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.Map;

/**
 * The extension headers before one entry, read as Go's {@code archive/tar}, and so containerd,
 * reads them: of several of one kind the last counts, GNU's long names count before those of PAX,
 * and a global header has no effect but to end what came before it. Text is bytes in ISO 8859-1.
 */
final class TarExtensions {
  /** Longest extension header, as in Go: holds 64 KiB of attributes many times over. */
  private static final long MAX_BYTES = 1 << 20;

  /** Most bytes of all extension headers of one entry. */
  private static final int MAX_ALL_BYTES = 4 << 20;

  private final long start;
  private final boolean keepsBlocks;
  private final ByteArrayOutputStream raw = new ByteArrayOutputStream();
  private int rawBytes;
  private Map<String, String> pax = Map.of();
  private String longName = "";
  private String longLink = "";

  /**
   * Makes an empty collection.
   *
   * @param start where the entry's first header lies in the tar
   * @param keepsBlocks whether {@link #raw} is wanted
   */
  TarExtensions(long start, boolean keepsBlocks) {
    this.start = start;
    this.keepsBlocks = keepsBlocks;
  }

  /** Returns whether a header is one of these. */
  static boolean isOne(TarHeader header) {
    return "xgLK".indexOf(header.type()) >= 0;
  }

  /** Returns the size of an extension's content, once it is known to fit. */
  int checkedSize(TarHeader header) throws TarFormatException {
    var size = header.size();
    if (size < 0 || size > MAX_BYTES) {
      throw new TarFormatException(
          header.name(), start, "extension of " + size + " bytes, allowed " + MAX_BYTES);
    }
    if (rawBytes + size > MAX_ALL_BYTES) {
      throw new TarFormatException(
          header.name(), start, "extensions of more than " + MAX_ALL_BYTES + " bytes in total");
    }
    return (int) size;
  }

  /** Adds an extension that was read. */
  void add(TarHeader header, byte[] content) throws TarFormatException {
    switch (header.type()) {
      case 'x' -> {
        // Or two of them would be in memory while the second is read.
        pax = Map.of();
        pax = parsed(content);
      }
      case 'L' -> longName = untilNul(content);
      case 'K' -> longLink = untilNul(content);
      default -> {
        pax = Map.of();
        longName = "";
        longLink = "";
      }
    }
  }

  private Map<String, String> parsed(byte[] content) throws TarFormatException {
    try {
      return PaxRecords.parse(content);
    } catch (IllegalArgumentException e) {
      throw new TarFormatException("?", start, "malformed " + e.getMessage());
    }
  }

  private static String untilNul(byte[] content) {
    var text = new String(content, ISO_8859_1);
    var end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  /** Adds blocks as they lie in the tar. */
  void addRaw(byte[] blocks) {
    rawBytes += blocks.length;
    if (keepsBlocks) {
      raw.writeBytes(blocks);
    }
  }

  /** Returns all blocks that were added; none if they are not kept. */
  byte[] raw() {
    return raw.toByteArray();
  }

  /** Returns the name, which is the header's if no extension has another. */
  String name(TarHeader header) {
    return longName.isEmpty() ? value("path", header.name()) : longName;
  }

  /** Returns the link's target, which is the header's if no extension has another. */
  String link(TarHeader header) {
    return longLink.isEmpty() ? value("linkpath", header.link()) : longLink;
  }

  /** Returns a PAX value; one that is empty means what the header says. */
  String value(String key, String inHeader) {
    var value = pax.getOrDefault(key, "");
    return value.isEmpty() ? inHeader : value;
  }

  /** Returns the PAX records that count; an attribute's value may be empty. */
  Map<String, String> pax() {
    return pax;
  }
}
