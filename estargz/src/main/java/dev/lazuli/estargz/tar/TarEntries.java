package dev.lazuli.estargz.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Makes an entry of a header and its extensions. Refuses what no lazy layer can express and what
 * Linux cannot store; unpacking it would fail, too.
 */
final class TarEntries {
  private static final int MAX_NAME_BYTES = 255;
  private static final int MAX_PATH_BYTES = 4095;

  /** Keeps sums with the padding within 63 bits. */
  private static final long MAX_SIZE = Long.MAX_VALUE - 2 * TarHeader.BLOCK;

  private final TarHeader header;
  private final TarExtensions extensions;
  private final long start;
  private final String name;

  private TarEntries(TarHeader header, TarExtensions extensions, long start)
      throws TarFormatException {
    this.header = header;
    this.extensions = extensions;
    this.start = start;
    var raw = extensions.name(header);
    name = decode(raw, raw, start);
  }

  /**
   * Returns the entry.
   *
   * @param start where its first header block lies in the tar
   */
  static TarEntry of(TarHeader header, TarExtensions extensions, long start)
      throws TarFormatException {
    return new TarEntries(header, extensions, start).entry();
  }

  private TarEntry entry() throws TarFormatException {
    checkName();
    var type = type();
    var mtime = mtime();
    var device = type == EntryType.CHAR || type == EntryType.BLOCK;
    return new TarEntry(
        new RawBlocks(extensions.raw()),
        name,
        type,
        type == EntryType.REGULAR ? number("size", header.size(), MAX_SIZE) : 0,
        mode(),
        number("uid", header.uid(), Long.MAX_VALUE),
        number("gid", header.gid(), Long.MAX_VALUE),
        courtesy("uname", header.user()),
        courtesy("gname", header.group()),
        mtime.setScale(0, RoundingMode.FLOOR).longValue(),
        mtime.remainder(BigDecimal.ONE).movePointRight(9).intValue(),
        link(type),
        device ? header.major() : 0,
        device ? header.minor() : 0,
        xattrs());
  }

  private void checkName() throws TarFormatException {
    checkLength("name", name, MAX_PATH_BYTES);
    for (var component : name.split("/", -1)) {
      checkLength("name", component, MAX_NAME_BYTES);
    }
  }

  private void checkLength(String what, String text, int most) throws TarFormatException {
    var bytes = text.getBytes(UTF_8).length;
    if (bytes > most) {
      throw bad(what + " of " + bytes + " bytes, Linux allows " + most);
    }
  }

  private EntryType type() throws TarFormatException {
    if (extensions.pax().containsKey(PaxRecords.SPARSE_PREFIX)) {
      throw bad("sparse files are not supported");
    }
    return switch (header.type()) {
      // Tars before POSIX mark directories by a slash only.
      case '\0' -> name.endsWith("/") ? EntryType.DIRECTORY : EntryType.REGULAR;
      case '0', '7' -> EntryType.REGULAR;
      case '1' -> EntryType.HARDLINK;
      case '2' -> EntryType.SYMLINK;
      case '3' -> EntryType.CHAR;
      case '4' -> EntryType.BLOCK;
      case '5' -> EntryType.DIRECTORY;
      case '6' -> EntryType.FIFO;
      default -> throw bad("type '" + header.type() + "' is not supported");
    };
  }

  private int mode() throws TarFormatException {
    if (header.mode() < 0) {
      throw bad("mode is not a number of at least 0");
    }
    return (int) header.mode() & 0xfff;
  }

  private long number(String key, long inHeader, long most) throws TarFormatException {
    var text = extensions.value(key, "");
    var value = text.isEmpty() ? inHeader : parse(text);
    if (value < 0 || value > most) {
      throw bad(key + " is not a number from 0 to " + most + ": " + text);
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

  private BigDecimal mtime() throws TarFormatException {
    var text = extensions.value("mtime", "");
    if (text.isEmpty()) {
      return BigDecimal.valueOf(Math.max(0, header.mtime()));
    }
    try {
      if (text.length() > 40 || text.indexOf('e') >= 0 || text.indexOf('E') >= 0) {
        throw new NumberFormatException(text);
      }
      return new BigDecimal(text).max(BigDecimal.ZERO);
    } catch (NumberFormatException e) {
      throw bad("mtime is not a number: " + text);
    }
  }

  private String link(EntryType type) throws TarFormatException {
    if (type != EntryType.HARDLINK && type != EntryType.SYMLINK) {
      return "";
    }
    var target = decode(extensions.link(header), name, start);
    checkLength("link target", target, MAX_PATH_BYTES);
    return target;
  }

  private Map<String, String> xattrs() throws TarFormatException {
    var xattrs = new TreeMap<String, String>();
    for (var record : extensions.pax().entrySet()) {
      if (record.getKey().startsWith(PaxRecords.XATTR_PREFIX)) {
        var key = record.getKey().substring(PaxRecords.XATTR_PREFIX.length());
        xattrs.put(decode(key, name, start), record.getValue());
      }
    }
    return xattrs;
  }

  /** Returns the name of a user or group; no name if it is not UTF-8, as only the number counts. */
  private String courtesy(String key, String inHeader) {
    try {
      return utf8(extensions.value(key, inHeader));
    } catch (CharacterCodingException notUtf8) {
      return "";
    }
  }

  /** The TOC is JSON, so names must be UTF-8. Better no lazy layer than a wrong one. */
  private static String decode(String bytes, String name, long start) throws TarFormatException {
    try {
      return utf8(bytes);
    } catch (CharacterCodingException e) {
      throw new TarFormatException(name, start, "text is not UTF-8");
    }
  }

  private static String utf8(String bytes) throws CharacterCodingException {
    return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.getBytes(ISO_8859_1))).toString();
  }

  private TarFormatException bad(String problem) {
    return new TarFormatException(name, start, problem);
  }
}
