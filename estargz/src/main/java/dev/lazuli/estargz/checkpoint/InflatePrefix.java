package dev.lazuli.estargz.checkpoint;

import java.util.Arrays;

/**
 * What to feed to an inflater so that it goes on in the middle of a byte. {@link
 * java.util.zip.Inflater} begins with the first bit of a byte. So it first gets empty blocks (RFC
 * 1951), of which nothing comes out, and of so many bits that the stream's next bits have the place
 * in their byte that they have in the stream. Blocks without compression, which begin at a byte,
 * thus still do.
 */
public final class InflatePrefix {
  /** An empty block of fixed codes: not the last, type 1, and the code of the end of the block. */
  private static final int FIXED_BITS = 10;

  private static final long FIXED = 0b0000000_01_0;

  private final byte[] bytes = new byte[16];
  private int count;

  private InflatePrefix() {}

  /**
   * Returns the bytes that come before the next whole byte of the stream.
   *
   * @param first the stream's byte that has the first bit
   * @param bit the first bit's place in it, 1 to 7, counted from the least significant
   */
  public static byte[] of(int first, int bit) {
    if (bit < 1 || bit > 7) {
      throw new IllegalArgumentException("bit " + bit);
    }
    var prefix = new InflatePrefix();
    if (bit % 2 != 0) {
      prefix.addDynamic();
    }
    while (prefix.count % Byte.SIZE != bit) {
      prefix.add(FIXED, FIXED_BITS);
    }
    prefix.add((first & 0xff) >>> bit, Byte.SIZE - bit);
    return Arrays.copyOf(prefix.bytes, prefix.count / Byte.SIZE);
  }

  /** Adds an empty block whose length is odd, 91 bits: one that brings codes of its own. */
  private void addDynamic() {
    add(0b10_0, 3); // Not the last; type 2.
    add(0, 5); // 257 literals and lengths.
    add(1, 5); // Two distances.
    add(14, 4); // 18 lengths of the code for lengths.
    for (int i = 0; i < 18; i++) {
      // The third is that of symbol 18, a run of zeros; the last that of symbol 1.
      add(i == 2 || i == 17 ? 1 : 0, 3);
    }
    add(1 | 127 << 1, 8); // 138 zeros.
    add(1 | 107 << 1, 8); // 118 zeros: no literal has a code.
    add(0b000, 3); // The end of the block has one of one bit, and so have both distances.
    add(0, 1); // The end of the block.
  }

  private void add(long bits, int length) {
    for (int i = 0; i < length; i++, count++) {
      bytes[count / Byte.SIZE] |= (byte) ((bits >>> i & 1) << count % Byte.SIZE);
    }
  }
}
