package dev.lazuli.estargz.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * One 512-byte tar header block (POSIX ustar, with GNU's base-256 numbers):
 *
 * <pre>
 * name 100 | mode 8 | uid 8 | gid 8 | size 12 | mtime 12 | checksum 8 | type 1 | link 100
 * | magic 8 ("ustar\0" "00", or GNU's "ustar  \0") | user 32 | group 32 | major 8 | minor 8
 * | prefix 155 (not GNU) | padding 12
 * </pre>
 */
final class TarHeader {
  static final int BLOCK = 512;
  private static final int CHECKSUM = 148;
  private static final int CHECKSUM_END = 156;

  private final byte[] block;

  TarHeader(byte[] block) {
    this.block = block;
  }

  /** Returns whether the block is the zeros that end an archive. */
  static boolean isZeros(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether the checksum is right; some old tars summed signed bytes. */
  boolean isIntact() {
    var unsigned = 0L;
    var signed = 0L;
    for (int i = 0; i < BLOCK; i++) {
      var b = i >= CHECKSUM && i < CHECKSUM_END ? ' ' : block[i];
      unsigned += b & 0xff;
      signed += b;
    }
    var expected = number(CHECKSUM, CHECKSUM_END - CHECKSUM);
    return expected == unsigned || expected == signed;
  }

  char type() {
    return (char) (block[156] & 0xff);
  }

  /** Returns the name as bytes in ISO 8859-1. */
  String name() {
    var prefix = isUstar() ? text(345, 155) : "";
    var name = text(0, 100);
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  String link() {
    return text(157, 100);
  }

  String user() {
    return hasMagic() ? text(265, 32) : "";
  }

  String group() {
    return hasMagic() ? text(297, 32) : "";
  }

  long mode() {
    return number(100, 8);
  }

  long uid() {
    return number(108, 8);
  }

  long gid() {
    return number(116, 8);
  }

  long size() {
    return number(124, 12);
  }

  long mtime() {
    return number(136, 12);
  }

  long major() {
    return hasMagic() ? number(329, 8) : 0;
  }

  long minor() {
    return hasMagic() ? number(337, 8) : 0;
  }

  private boolean hasMagic() {
    return new String(block, 257, 5, ISO_8859_1).equals("ustar");
  }

  private boolean isUstar() {
    return hasMagic() && block[262] == 0;
  }

  private String text(int at, int length) {
    var end = at;
    while (end < at + length && block[end] != 0) {
      end++;
    }
    return new String(block, at, end - at, ISO_8859_1);
  }

  /** Returns a number in octal digits or base 256; -1 if it is neither or does not fit. */
  private long number(int at, int length) {
    if ((block[at] & 0x80) != 0) {
      return base256(at, length);
    }
    var value = 0L;
    var digits = digits(at, length);
    for (int i = 0; i < digits.length(); i++) {
      var digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 7 || value >>> 60 != 0) {
        return -1;
      }
      value = value << 3 | digit;
    }
    return value;
  }

  /** Returns what lies between blanks and NULs, as Go reads numbers. */
  private String digits(int at, int length) {
    var start = at;
    while (start < at + length && (block[start] == ' ' || block[start] == 0)) {
      start++;
    }
    return text(start, at + length - start).strip();
  }

  private long base256(int at, int length) {
    if ((block[at] & 0x40) != 0) {
      return -1;
    }
    var value = (long) (block[at] & 0x3f);
    for (int i = at + 1; i < at + length; i++) {
      if (value >>> 55 != 0) {
        return -1;
      }
      value = value << 8 | (block[i] & 0xff);
    }
    return value;
  }
}
