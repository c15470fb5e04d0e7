package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** The bytes of a JSON text, read ahead, and where in the text they are. For one thread. */
final class JsonBytes {
  private static final int BUFFER_BYTES = 16 << 10;

  /** So many decimal digits are never more than 64 bits. */
  static final int FEW = 18;

  /** The values of hexadecimal digits by their bytes; below 0 for what is not one. */
  private static final byte[] HEX = hexDigits();

  private final String layer;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int at;
  private int end;
  private long few;

  /** Bytes of the text before those in the buffer. */
  private long before;

  JsonBytes(String layer, InputStream in) {
    this.layer = layer;
    this.in = in;
  }

  /** Returns the next byte without taking it, 0 to 255, or -1 at the end. */
  int peek() throws IOException {
    return at < end || fill() ? buffer[at] & 0xff : -1;
  }

  /** Takes the next byte, 0 to 255, or -1 at the end. */
  int take() throws IOException {
    return at < end || fill() ? buffer[at++] & 0xff : -1;
  }

  /** Returns the next byte that is not white space, without taking it, or -1 at the end. */
  int peekVisible() throws IOException {
    while (at < end || fill()) {
      byte next = buffer[at];
      if (next != ' ' && next != '\n' && next != '\r' && next != '\t') {
        return next & 0xff;
      }
      at++;
    }
    return -1;
  }

  /**
   * Takes bytes that stand for themselves in a string, as far as they are in the buffer: ASCII
   * without quotes, backslashes and control characters.
   *
   * @param into has them appended
   */
  void takePlain(Utf8Buffer into) {
    var from = at;
    var to = from;
    var text = buffer; // In variables: the quick compiler reads fields again for each byte.
    var last = end;
    while (to < last && isPlain(text[to])) {
      to++;
    }
    into.append(text, from, to - from);
    at = to;
  }

  /**
   * Takes as many decimal digits as are never more than 64 bits and lie in the buffer.
   *
   * @return how many; {@link #few} has their value
   */
  int takeFewDigits() {
    var to = at;
    var text = buffer;
    var last = Math.min(end, to + FEW);
    var value = 0L;
    for (int digit; to < last && (digit = text[to] - '0') >= 0 && digit <= 9; to++) {
      value = value * 10 + digit;
    }
    var count = to - at;
    at = to;
    few = value;
    return count;
  }

  /** Returns the value of the digits that were taken last. */
  long few() {
    return few;
  }

  /**
   * Takes a string that is the next value, if it is a prefix and hexadecimal digits, and lies in
   * the buffer whole: most of a table's text is such strings, so they are not copied first.
   *
   * @param into as many octets as there must be
   * @return whether it was taken; otherwise it is still there
   */
  boolean takeHex(byte[] prefix, byte[] into) {
    var from = at + 1 + prefix.length;
    var to = from + 2 * into.length;
    if (to >= end
        || buffer[at] != '"'
        || buffer[to] != '"'
        || !Arrays.equals(buffer, at + 1, from, prefix, 0, prefix.length)) {
      return false;
    }
    var all = 0;
    var text = buffer;
    var hex = HEX;
    for (int i = 0, digit = from; i < into.length; i++, digit += 2) {
      var octet = hex[text[digit] & 0xff] << 4 | hex[text[digit + 1] & 0xff];
      into[i] = (byte) octet;
      all |= octet;
    }
    if (all < 0) {
      return false;
    }
    at = to + 1;
    return true;
  }

  private static byte[] hexDigits() {
    var values = new byte[256];
    Arrays.fill(values, (byte) -1);
    for (int value = 0; value < 16; value++) {
      values[Character.forDigit(value, 16)] = (byte) value;
      values[Character.toUpperCase(Character.forDigit(value, 16))] = (byte) value;
    }
    return values;
  }

  /** Bytes above 0x7f are negative, so they are not plain. */
  private static boolean isPlain(byte b) {
    return b >= ' ' && b != '"' && b != '\\';
  }

  private boolean fill() throws IOException {
    before += end;
    at = 0;
    end = 0;
    while (end == 0) {
      var read = in.read(buffer, 0, BUFFER_BYTES);
      if (read < 0) {
        return false;
      }
      end = read;
    }
    return true;
  }

  /**
   * Returns the complaint about what comes next.
   *
   * @param next what {@link #peek} says of it
   * @param wanted what should be there
   */
  LayerFormatException unexpected(int next, String wanted) {
    var found =
        next < 0
            ? "the end"
            : next > ' ' && next < 0x7f
                ? String.valueOf((char) next)
                : "byte 0x%02x".formatted(next);
    var isText = next < 0 || (next > 0 && next < 0x80);
    return new LayerFormatException(
        layer, "TOC JSON", found + " at " + (before + at), isText ? wanted : "UTF-8");
  }
}
