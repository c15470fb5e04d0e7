package dev.lazuli.testimages.registry;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.Arrays;

/** Writes the little of ASN.1 DER (ITU-T X.690) that a certificate needs. */
final class Der {
  static final int BOOLEAN = 0x01;
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int OBJECT_IDENTIFIER = 0x06;
  static final int UTF8_STRING = 0x0c;
  static final int UTC_TIME = 0x17;
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;

  /** Added to a number in square brackets of a specification. */
  static final int CONTEXT = 0x80;

  /** Added where what is in the brackets has a tag of its own. */
  static final int EXPLICIT = 0x20;

  private Der() {}

  /** Returns one value: tag, length in as few bytes as possible, contents one after the other. */
  static byte[] value(int tag, byte[]... contents) {
    var content = new ByteArrayOutputStream();
    for (var part : contents) {
      content.writeBytes(part);
    }
    var bytes = new ByteArrayOutputStream();
    bytes.write(tag);
    var length = content.size();
    if (length < 0x80) {
      bytes.write(length);
    } else {
      var digits = unsigned(length);
      bytes.write(0x80 | digits.length);
      bytes.writeBytes(digits);
    }
    bytes.writeBytes(content.toByteArray());
    return bytes.toByteArray();
  }

  static byte[] sequence(byte[]... contents) {
    return value(SEQUENCE, contents);
  }

  static byte[] integer(BigInteger number) {
    return value(INTEGER, number.toByteArray());
  }

  /** Returns a bit string whose last byte has this many unused bits. */
  static byte[] bits(int unused, byte[] bytes) {
    return value(BIT_STRING, new byte[] {(byte) unused}, bytes);
  }

  /** Returns an object identifier: two numbers in the first byte, then seven bits to a byte. */
  static byte[] oid(String dotted) {
    var arcs = Arrays.stream(dotted.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    var bytes = new ByteArrayOutputStream();
    bytes.write(arcs[0] * 40 + arcs[1]);
    for (var i = 2; i < arcs.length; i++) {
      for (var shift = 28; shift > 0; shift -= 7) {
        if (arcs[i] >>> shift != 0) {
          bytes.write(0x80 | (arcs[i] >>> shift & 0x7f));
        }
      }
      bytes.write(arcs[i] & 0x7f);
    }
    return value(OBJECT_IDENTIFIER, bytes.toByteArray());
  }

  private static byte[] unsigned(int number) {
    var bytes = BigInteger.valueOf(number).toByteArray();
    return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
  }
}
