package dev.lazuli.estargz.checkpoint;

import static dev.lazuli.estargz.checkpoint.HuffmanTable.BEFORE_DISTANCE;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.END;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.EXTRA_SHIFT;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.INVALID;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.VALUE_SHIFT;

import java.util.Arrays;

/** The alphabets of Deflate (RFC 1951, 3.2.5 to 3.2.7), and the codes of a block. One thread. */
final class DeflateCodes {
  private static final int MOST_LITERALS = 288;
  private static final int MOST_DISTANCES = 32;
  private static final int LENGTHS = 19;
  private static final int END_OF_BLOCK = 256;

  /** Of the symbols 0 to 285, the last literals that a block may have. */
  static final int USED_LITERALS = 286;

  static final int USED_DISTANCES = 30;

  /** In what order a block states the lengths of the code for lengths. */
  private static final int[] ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  private static final int[] LITERAL_SYMBOLS = literalSymbols();
  private static final int[] DISTANCE_SYMBOLS = distanceSymbols();
  private static final int[] LENGTH_SYMBOLS = lengthSymbols();

  final HuffmanTable literals = new HuffmanTable(LITERAL_SYMBOLS, 11, false);
  final HuffmanTable distances = new HuffmanTable(DISTANCE_SYMBOLS, 9, true);
  final HuffmanTable lengths = new HuffmanTable(LENGTH_SYMBOLS, 7, false);

  /** Lengths of the codes of literals and distances, as they are stated. */
  private final byte[] stated = new byte[MOST_LITERALS + MOST_DISTANCES];

  private final byte[] statedLengths = new byte[LENGTHS];
  private int literalCount;
  private int distanceCount;
  private int lengthCount;
  private int next;

  /** Takes the codes of blocks that state none. */
  void useFixed() {
    Arrays.fill(stated, 0, 144, (byte) 8);
    Arrays.fill(stated, 144, 256, (byte) 9);
    Arrays.fill(stated, 256, 280, (byte) 7);
    Arrays.fill(stated, 280, MOST_LITERALS, (byte) 8);
    Arrays.fill(stated, MOST_LITERALS, MOST_LITERALS + MOST_DISTANCES, (byte) 5);
    boolean valid =
        literals.build(stated, 0, MOST_LITERALS)
            && distances.build(stated, MOST_LITERALS, MOST_DISTANCES);
    if (!valid) {
      throw new IllegalStateException("fixed codes");
    }
  }

  /** Begins the codes that a block states; returns false if it may not have that many symbols. */
  boolean begin(int newLiterals, int newDistances, int newLengths) {
    literalCount = newLiterals;
    distanceCount = newDistances;
    lengthCount = newLengths;
    next = 0;
    Arrays.fill(statedLengths, (byte) 0);
    return newLiterals <= USED_LITERALS && newDistances <= USED_DISTANCES;
  }

  /** Takes the next length of the code for lengths; returns whether it was the last. */
  boolean addToLengths(int length) {
    statedLengths[ORDER[next++]] = (byte) length;
    return next == lengthCount;
  }

  /** Ends the code for lengths; returns false if it is none. */
  boolean beginCodes() {
    next = 0;
    return lengths.build(statedLengths, 0, LENGTHS);
  }

  /** Takes the next length, several times; returns false if fewer are to come. */
  boolean add(int length, int times) {
    if (times > literalCount + distanceCount - next) {
      return false;
    }
    Arrays.fill(stated, next, next + times, (byte) length);
    next += times;
    return true;
  }

  /** Takes the last length again; returns false if there is none, or fewer are to come. */
  boolean repeat(int times) {
    return next > 0 && add(stated[next - 1], times);
  }

  boolean areAllStated() {
    return next == literalCount + distanceCount;
  }

  /** Ends the codes; returns false if they are none. */
  boolean end() {
    return stated[END_OF_BLOCK] != 0
        && literals.build(stated, 0, literalCount)
        && distances.build(stated, literalCount, distanceCount);
  }

  /** The value is how many bytes come out: which a literal is does not matter here. */
  private static int[] literalSymbols() {
    var symbols = new int[MOST_LITERALS];
    Arrays.fill(symbols, 0, END_OF_BLOCK, entry(1, 0));
    symbols[END_OF_BLOCK] = END;
    int length = 3;
    for (int i = 0; i < 28; i++) {
      int extra = i < 8 ? 0 : i / 4 - 1;
      symbols[257 + i] = BEFORE_DISTANCE | entry(length, extra);
      length += 1 << extra;
    }
    symbols[285] = BEFORE_DISTANCE | entry(258, 0);
    symbols[286] = INVALID;
    symbols[287] = INVALID;
    return symbols;
  }

  private static int[] distanceSymbols() {
    var symbols = new int[MOST_DISTANCES];
    Arrays.fill(symbols, INVALID);
    int distance = 1;
    for (int i = 0; i < USED_DISTANCES; i++) {
      int extra = i < 4 ? 0 : i / 2 - 1;
      symbols[i] = entry(distance, extra);
      distance += 1 << extra;
    }
    return symbols;
  }

  private static int[] lengthSymbols() {
    var symbols = new int[LENGTHS];
    for (int i = 0; i < LENGTHS; i++) {
      symbols[i] = entry(i, 0);
    }
    return symbols;
  }

  private static int entry(int value, int extra) {
    return value << VALUE_SHIFT | extra << EXTRA_SHIFT | extra;
  }
}
