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

  /** Appends a byte. */
  void append(int value) {
    if (length == bytes.length) {
      reserve(length + 1);
    }
    bytes[length++] = (byte) value;
  }

  /** Appends a character that is not a surrogate. */
  void appendCharacter(int codePoint) {
    reserve(length + 4);
    if (codePoint < 0x80) {
      bytes[length++] = (byte) codePoint;
    } else if (codePoint < 0x800) {
      bytes[length++] = (byte) (0xc0 | codePoint >> 6);
      putContinuation(codePoint);
    } else if (codePoint < 0x10000) {
      putThreeBytes(codePoint);
    } else {
      putFourBytes(codePoint);
    }
  }

  private void putThreeBytes(int c) {
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

  /** Returns whether it is what {@code other} starts with, so many bytes of it. */
  boolean is(byte[] other, int count) {
    return length == count && Arrays.equals(bytes, 0, count, other, 0, count);
  }

  /** Returns whether it starts with all of these bytes. */
  boolean startsWith(byte[] prefix) {
    return length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
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
