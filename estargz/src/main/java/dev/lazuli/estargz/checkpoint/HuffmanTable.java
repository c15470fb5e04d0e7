package dev.lazuli.estargz.checkpoint;

import java.util.Arrays;

/**
 * Decodes one Huffman code of Deflate (RFC 1951, 3.2.2) by looking its next bits up: in a table for
 * most, and for long codes in a second one that the first leads to. Used again for the next code,
 * by one thread.
 *
 * <pre>
 * entry   bits 0-4    length in bits of the code and what follows it; of an entry that leads on:
 *                     how many bits to look up next
 *         bits 5-8    length of the code alone
 *         bits 9-12   bits that follow the code and are added to the value
 *         bits 13-28  value; of an entry that leads on: its table's place
 *         bits 29-30  what it is
 *         bit 31      whether it is none of the usual symbols
 * </pre>
 */
final class HuffmanTable {
  static final int ALL_BITS_MASK = 31;
  static final int CODE_SHIFT = 5;
  static final int CODE_MASK = 15;
  static final int EXTRA_SHIFT = 9;
  static final int EXTRA_MASK = 15;
  static final int VALUE_SHIFT = 13;
  static final int VALUE_MASK = 0xffff;

  /** Set in entries of symbols that a distance follows. */
  static final int BEFORE_DISTANCE = 1 << 29;

  static final int KIND_MASK = 0b111 << 29;

  /** A code that stands for nothing. */
  static final int INVALID = 0b100 << 29;

  /** The end of a block. */
  static final int END = 0b101 << 29;

  static final int LEADS_ON = 0b110 << 29;

  /** What a code's length adds to an entry. */
  private static final int PER_CODE_BIT = 1 | 1 << CODE_SHIFT;

  private static final int LONGEST = 15;

  /**
   * zlib's ENOUGH: no complete code of 288 symbols takes more, with a first table of 7 to 11 bits.
   */
  private static final int ENTRIES = 2048 + 512;

  private final int[] symbols;
  private final int bits;
  private final boolean mayBeIncomplete;
  private final int[] table = new int[ENTRIES];
  private final int[] perLength = new int[LONGEST + 2];
  private final int[] notEntered = new int[LONGEST + 2];
  private final int[] order;

  /** The table of the long codes being filled. */
  private int longPrefix;

  private int longTable;
  private int longBits;
  private int used;

  /**
   * Makes a table.
   *
   * @param symbols for each symbol its entry without a length
   * @param bits looked up at once, 7 to 11
   * @param mayBeIncomplete whether a code may be of one symbol, as zlib allows
   */
  HuffmanTable(int[] symbols, int bits, boolean mayBeIncomplete) {
    this.symbols = symbols;
    this.bits = bits;
    this.mayBeIncomplete = mayBeIncomplete;
    this.order = new int[symbols.length];
  }

  /** Returns the table, which changes with the next code. */
  int[] table() {
    return table;
  }

  /** Returns how many bits are looked up at once. */
  int bits() {
    return bits;
  }

  /**
   * Takes a code.
   *
   * @param lengths of the symbols' codes, 0 to 15, from index {@code from}
   * @return false if there is no such code
   */
  boolean build(byte[] lengths, int from, int count) {
    Arrays.fill(perLength, 0);
    for (int symbol = 0; symbol < count; symbol++) {
      perLength[lengths[from + symbol]]++;
    }
    if (!isCode(count)) {
      return false;
    }
    sort(lengths, from, count);
    Arrays.fill(table, 0, 1 << bits, INVALID);
    used = 1 << bits;
    longPrefix = -1;
    System.arraycopy(perLength, 0, notEntered, 0, perLength.length);
    int code = 0;
    int next = 0;
    for (int length = 1; length <= LONGEST; length++) {
      for (int i = 0; i < perLength[length]; i++) {
        enter(symbols[order[next++]] + length * PER_CODE_BIT, reversed(code++, length), length);
      }
      code <<= 1;
    }
    return true;
  }

  /** Codes that leave room are of one symbol or none. */
  private boolean isCode(int count) {
    int left = 1;
    for (int length = 1; length <= LONGEST; length++) {
      left = 2 * left - perLength[length];
      if (left < 0) {
        return false;
      }
    }
    int coded = count - perLength[0];
    return left == 0 || (mayBeIncomplete && coded == perLength[1] && coded <= 1);
  }

  /** Puts symbols in the order of their codes. */
  private void sort(byte[] lengths, int from, int count) {
    int[] place = new int[LONGEST + 2];
    for (int length = 1; length <= LONGEST; length++) {
      place[length + 1] = place[length] + perLength[length];
    }
    for (int symbol = 0; symbol < count; symbol++) {
      int length = lengths[from + symbol];
      if (length != 0) {
        order[place[length]++] = symbol;
      }
    }
  }

  private void enter(int entry, int code, int length) {
    if (length <= bits) {
      for (int i = code; i < 1 << bits; i += 1 << length) {
        table[i] = entry;
      }
      return;
    }
    int prefix = code & ((1 << bits) - 1);
    if (prefix != longPrefix) {
      beginLong(prefix, length);
    }
    for (int i = code >>> bits; i < 1 << longBits; i += 1 << (length - bits)) {
      table[longTable + i] = entry;
    }
    notEntered[length]--;
  }

  /** Begins a table that is as large as the longest of the codes with this prefix needs. */
  private void beginLong(int prefix, int length) {
    longPrefix = prefix;
    int longest = length;
    int left = 1 << (length - bits);
    while (longest < LONGEST && (left -= notEntered[longest]) > 0) {
      left <<= 1;
      longest++;
    }
    longBits = longest - bits;
    longTable = used;
    used += 1 << longBits;
    table[prefix] = LEADS_ON | longTable << VALUE_SHIFT | longBits;
  }

  private static int reversed(int code, int length) {
    return Integer.reverse(code) >>> (Integer.SIZE - length);
  }
}
