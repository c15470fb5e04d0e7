package dev.lazuli.estargz.build;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar entry by entry and keeps the header blocks as they are. Knows ustar, PAX and GNU long
 * names; sparse files and multi-volume parts are refused. For one thread.
 */
final class TarReader {
  /** Longest extension header: holds 64 KiB of attributes many times over. */
  private static final long MAX_EXTENSION_BYTES = 1 << 20;

  private static final int REST_BYTES = 64 << 10;
  private static final String XATTR_PREFIX = "SCHILY.xattr.";

  private final InputStream in;
  private final Map<String, String> global = new HashMap<>();
  private long offset;
  private long entryOffset;
  private long left;
  private long padding;

  /** The first block behind the last entry. */
  private byte[] endBlock = {};

  TarReader(InputStream in) {
    this.in = in;
  }

  /** Returns the next entry, null at the end-of-archive blocks or the end of the input. */
  @Nullable TarEntry next() throws IOException {
    if (left > 0) {
      throw new IllegalStateException(left + " bytes of the entry were not read");
    }
    var start = offset;
    entryOffset = start;
    var raw = new ByteArrayOutputStream();
    var pax = new HashMap<>(global);
    String longName = null;
    String longLink = null;
    while (true) {
      var block = block();
      if (block == null || TarHeader.isZeros(block)) {
        if (raw.size() > 0) {
          throw new TarFormatException("?", start, "extension header without an entry");
        }
        endBlock = block == null ? new byte[0] : block;
        return null;
      }
      raw.writeBytes(block);
      var header = new TarHeader(block);
      if (!header.isIntact()) {
        throw new TarFormatException(header.name(), start, "header checksum is wrong");
      }
      switch (header.type()) {
        case 'x' -> parsePax(extension(header, raw), pax, start);
        case 'g' -> {
          parsePax(extension(header, raw), global, start);
          pax.putAll(global);
        }
        case 'L' -> longName = untilNul(extension(header, raw));
        case 'K' -> longLink = untilNul(extension(header, raw));
        default -> {
          return entry(header, new RawBlocks(raw.toByteArray()), pax, longName, longLink, start);
        }
      }
    }
  }

  /** Returns where the last entry's first header block lies, counted from where reading began. */
  long entryOffset() {
    return entryOffset;
  }

  /** Passes over the content and padding of the current entry. */
  void skipContent() throws IOException {
    in.skipNBytes(left + padding);
    offset += left + padding;
    left = 0;
    padding = 0;
  }

  /**
   * Returns the next bytes behind the last entry, from the end-of-archive blocks to the end of the
   * input; empty at its end.
   */
  byte[] rest() throws IOException {
    var next = endBlock;
    endBlock = new byte[0];
    return next.length > 0 ? next : in.readNBytes(REST_BYTES);
  }

  /** Returns how many zeros pad the last entry's content to whole blocks. */
  int padding() {
    return (int) padding;
  }

  /** Reads content of the current entry; all of it must be read before the next one. */
  void readContent(byte[] into, int at, int length) throws IOException {
    if (length > left) {
      throw new IllegalArgumentException(length + " bytes wanted of " + left);
    }
    if (in.readNBytes(into, at, length) < length) {
      throw new EOFException("tar ends within the content at offset " + offset);
    }
    left -= length;
    offset += length;
  }

  /** Reads the padding behind the content. */
  void readPadding(byte[] into, int at) throws IOException {
    if (in.readNBytes(into, at, (int) padding) < padding) {
      throw new EOFException("tar ends within the padding at offset " + offset);
    }
    offset += padding;
    padding = 0;
  }

  private byte @Nullable [] block() throws IOException {
    var block = in.readNBytes(TarHeader.BLOCK);
    offset += block.length;
    if (block.length == 0) {
      return null;
    }
    if (block.length < TarHeader.BLOCK) {
      throw new EOFException("tar ends within the header at offset " + (offset - block.length));
    }
    return block;
  }

  private byte[] extension(TarHeader header, ByteArrayOutputStream raw) throws IOException {
    var size = header.size();
    if (size < 0 || size > MAX_EXTENSION_BYTES) {
      throw new TarFormatException(
          header.name(), offset, "extension of " + size + " bytes, allowed " + MAX_EXTENSION_BYTES);
    }
    var padded = (int) (size + TarHeader.BLOCK - 1) & -TarHeader.BLOCK;
    var content = in.readNBytes(padded);
    if (content.length < padded) {
      throw new EOFException("tar ends within the extension header at offset " + offset);
    }
    offset += padded;
    raw.writeBytes(content);
    return Arrays.copyOf(content, (int) size);
  }

  private static void parsePax(byte[] content, Map<String, String> into, long start)
      throws TarFormatException {
    try {
      PaxRecords.parse(content, into);
    } catch (IllegalArgumentException e) {
      throw new TarFormatException("?", start, "malformed " + e.getMessage());
    }
  }

  private static String untilNul(byte[] content) {
    var text = new String(content, ISO_8859_1);
    var end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  private TarEntry entry(
      TarHeader header,
      RawBlocks raw,
      Map<String, String> pax,
      @Nullable String longName,
      @Nullable String longLink,
      long start)
      throws TarFormatException {
    var rawName = pax.getOrDefault("path", longName == null ? header.name() : longName);
    var name = decode(rawName, rawName, start);
    var type = type(header, name, pax, start);
    var size = type == EntryType.REGULAR ? number(pax, "size", header.size(), name, start) : 0;
    var rawLink = pax.getOrDefault("linkpath", longLink == null ? header.link() : longLink);
    var mtime = mtime(pax, header, name, start);
    left = size;
    padding = -size & (TarHeader.BLOCK - 1);
    var linked = type == EntryType.HARDLINK || type == EntryType.SYMLINK;
    var device = type == EntryType.CHAR || type == EntryType.BLOCK;
    return new TarEntry(
        raw,
        name,
        type,
        size,
        (int) header.mode() & 0xfff,
        number(pax, "uid", header.uid(), name, start),
        number(pax, "gid", header.gid(), name, start),
        decode(pax.getOrDefault("uname", header.user()), name, start),
        decode(pax.getOrDefault("gname", header.group()), name, start),
        mtime.setScale(0, RoundingMode.FLOOR).longValue(),
        mtime.remainder(BigDecimal.ONE).movePointRight(9).intValue(),
        linked ? decode(rawLink, name, start) : "",
        device ? header.major() : 0,
        device ? header.minor() : 0,
        xattrs(pax, name, start));
  }

  private static EntryType type(TarHeader header, String name, Map<String, String> pax, long start)
      throws TarFormatException {
    if (pax.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse."))) {
      throw new TarFormatException(name, start, "sparse files are not supported");
    }
    return switch (header.type()) {
      // Tars before POSIX mark directories by a slash only.
      case '\0', '0', '7' -> name.endsWith("/") ? EntryType.DIRECTORY : EntryType.REGULAR;
      case '1' -> EntryType.HARDLINK;
      case '2' -> EntryType.SYMLINK;
      case '3' -> EntryType.CHAR;
      case '4' -> EntryType.BLOCK;
      case '5' -> EntryType.DIRECTORY;
      case '6' -> EntryType.FIFO;
      default ->
          throw new TarFormatException(
              name, start, "type '" + header.type() + "' is not supported");
    };
  }

  private static long number(
      Map<String, String> pax, String key, long fallback, String name, long start)
      throws TarFormatException {
    var text = pax.get(key);
    var value = text == null ? fallback : parse(text);
    if (value < 0) {
      throw new TarFormatException(name, start, key + " is no number from 0 on: " + text);
    }
    return value;
  }

  private static long parse(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static BigDecimal mtime(
      Map<String, String> pax, TarHeader header, String name, long start)
      throws TarFormatException {
    var text = pax.get("mtime");
    if (text == null) {
      return BigDecimal.valueOf(Math.max(0, header.mtime()));
    }
    try {
      if (text.length() > 40 || text.indexOf('e') >= 0 || text.indexOf('E') >= 0) {
        throw new NumberFormatException(text);
      }
      return new BigDecimal(text).max(BigDecimal.ZERO);
    } catch (NumberFormatException e) {
      throw new TarFormatException(name, start, "mtime is no number: " + text);
    }
  }

  private static Map<String, String> xattrs(Map<String, String> pax, String name, long start)
      throws TarFormatException {
    var xattrs = new TreeMap<String, String>();
    for (var record : pax.entrySet()) {
      if (record.getKey().startsWith(XATTR_PREFIX)) {
        var key = record.getKey().substring(XATTR_PREFIX.length());
        xattrs.put(decode(key, name, start), record.getValue());
      }
    }
    return xattrs;
  }

  /** A TOC is JSON, so what is not UTF-8 has no place in it; better no lazy layer than a wrong. */
  private static String decode(String bytes, String name, long start) throws TarFormatException {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.getBytes(ISO_8859_1))).toString();
    } catch (CharacterCodingException e) {
      throw new TarFormatException(name, start, "text is not UTF-8");
    }
  }
}
