package dev.lazuli.estargz.index;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Numbers as few bytes: seven bits in a byte, the least significant first, the top bit set in all
 * bytes but the last; the sign is the number's lowest bit.
 */
public final class PackedNumbers {
  private static final int MOST_BITS = 63;

  /** Writes a number. */
  public static void put(OutputStream out, long number) throws IOException {
    long left = number << 1 ^ number >> 63;
    while (left >>> 7 != 0) {
      out.write(((int) left & 0x7f) | 0x80);
      left >>>= 7;
    }
    out.write((int) left);
  }

  /**
   * Reads a number.
   *
   * @throws EOFException if the input ends before or within it
   * @throws IllegalArgumentException if it is longer than any number
   */
  public static long get(InputStream in) throws IOException {
    long number = 0;
    for (int shift = 0; shift <= MOST_BITS; shift += 7) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("numbers end early");
      }
      number |= (next & 0x7fL) << shift;
      if (next < 0x80) {
        return number >>> 1 ^ -(number & 1);
      }
    }
    throw new IllegalArgumentException("a number of more than 64 bits");
  }

  private PackedNumbers() {}
}
