package dev.lazuli.estargz.toc;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A reusable UTF-8 string: what the parser just read, without an object per string. */
final class Utf8Buffer {
  private byte[] bytes = new byte[256];
  private int length;

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  /** Encodes characters; a surrogate without its partner becomes U+FFFD, as Go's JSON does it. */
  void set(char[] chars, int offset, int count) {
    reserve(3 * count);
    length = 0;
    for (int i = 0; i < count; i++) {
      char c = chars[offset + i];
      if (c < 0x80) {
        bytes[length++] = (byte) c;
      } else if (c < 0x800) {
        bytes[length++] = (byte) (0xc0 | c >> 6);
        putContinuation(c);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < count
          && Character.isLowSurrogate(chars[offset + i + 1])) {
        putFourBytes(Character.toCodePoint(c, chars[offset + ++i]));
      } else {
        putThreeBytes(Character.isSurrogate(c) ? '\ufffd' : c);
      }
    }
  }

  private void putThreeBytes(char c) {
    bytes[length++] = (byte) (0xe0 | c >> 12);
    putContinuation(c >> 6);
    putContinuation(c);
  }

  private void putFourBytes(int codePoint) {
    bytes[length++] = (byte) (0xf0 | codePoint >> 18);
    putContinuation(codePoint >> 12);
    putContinuation(codePoint >> 6);
    putContinuation(codePoint);
  }

  /** Puts the lowest six bits. */
  private void putContinuation(int bits) {
    bytes[length++] = (byte) (0x80 | (bits & 0x3f));
  }

  /** Appends raw bytes. */
  void append(byte[] from, int offset, int count) {
    reserve(length + count);
    System.arraycopy(from, offset, bytes, length, count);
    length += count;
  }

  private void reserve(int needed) {
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
    }
  }

  /** Returns whether U+FFFD is in it. */
  boolean hasReplacement() {
    for (int i = 0; i + 2 < length; i++) {
      if (bytes[i] == (byte) 0xef && bytes[i + 1] == (byte) 0xbf && bytes[i + 2] == (byte) 0xbd) {
        return true;
      }
    }
    return false;
  }

  /** Returns the bytes as characters of ISO 8859-1. */
  String latin1() {
    return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
