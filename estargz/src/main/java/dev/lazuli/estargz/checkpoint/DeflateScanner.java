package dev.lazuli.estargz.checkpoint;

import static dev.lazuli.estargz.checkpoint.HuffmanTable.ALL_BITS_MASK;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.BEFORE_DISTANCE;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.CODE_MASK;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.CODE_SHIFT;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.EXTRA_MASK;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.EXTRA_SHIFT;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.KIND_MASK;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.VALUE_MASK;
import static dev.lazuli.estargz.checkpoint.HuffmanTable.VALUE_SHIFT;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * Reads Deflate data (RFC 1951) from the start of a block on without decompressing it: it says how
 * much comes out of what it was given, and to which bytes before the block the data behind it
 * refer. Takes the data in pieces. Memory is some 80 KiB, whatever the data. For one thread.
 *
 * <p>What counts here is speed with the JVM's quick compiler, which the daemon has: so the data are
 * read from an array of {@code long}, and the loop over usual symbols has no branch that depends on
 * which they are.
 */
final class DeflateScanner {
  /** A length with its extra bits and a distance with its: no symbol takes more. */
  private static final int SYMBOL_BITS = 15 + 5 + 15 + 13;

  private static final int INPUT_BYTES = 16 << 10;

  /** What follows the symbols 16 to 18 of the code for lengths. */
  private static final int[] REPEAT_BITS = {2, 3, 7};

  private static final int STORED = 0;
  private static final int FIXED = 1;
  private static final int DYNAMIC = 2;

  private enum State {
    BLOCK,
    STORED_LENGTH,
    STORED_BYTES,
    CODE_COUNTS,
    LENGTH_CODE,
    CODES,
    SYMBOLS,
    ENDED,
    BROKEN
  }

  private final DeflateCodes codes = new DeflateCodes();

  /** The data that are being read, and the same as words; there are two more of them. */
  private final byte[] input = new byte[INPUT_BYTES];

  private final long[] words = new long[INPUT_BYTES / Long.BYTES + 2];
  private final LongBuffer inputWords =
      ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();

  private State state = State.ENDED;
  private boolean isLast;

  /** The next bit of the input, and how many there are. */
  private int at;

  private int limit;

  private long out;
  private int headers;
  private int storedLeft;
  private ReferredBytes referred = new ReferredBytes();

  /**
   * Begins with a block.
   *
   * @param bit its first bit's place in the byte with which the next piece begins, 0 to 7
   * @param into where references to what comes out before the block are noted
   */
  void begin(int bit, ReferredBytes into) {
    state = State.BLOCK;
    isLast = false;
    at = bit;
    limit = 0;
    out = 0;
    headers = 0;
    referred = into;
  }

  /** Returns how many bytes come out of what it was given so far. */
  long out() {
    return out;
  }

  /** Returns how many headers of blocks it was given to their end. */
  int headers() {
    return headers;
  }

  /** Returns whether it was given what no Deflate data has. */
  boolean isBroken() {
    return state == State.BROKEN;
  }

  /** Reads the next piece; nothing behind the end of the data, or behind what no Deflate has. */
  void scan(ByteBuffer piece) {
    while (piece.hasRemaining() && state != State.ENDED && state != State.BROKEN) {
      fill(piece);
      while (step()) {}
    }
  }

  /** Puts more input behind what is left of it. */
  private void fill(ByteBuffer piece) {
    int left = limit / Byte.SIZE - at / Byte.SIZE;
    System.arraycopy(input, at / Byte.SIZE, input, 0, left);
    int count = Math.min(piece.remaining(), INPUT_BYTES - left);
    piece.get(input, left, count);
    at %= Byte.SIZE;
    limit = (left + count) * Byte.SIZE;
    inputWords.get(0, words, 0, (left + count + Long.BYTES - 1) / Long.BYTES);
  }

  /** Returns false if it needs more input, or none any more. */
  private boolean step() {
    return switch (state) {
      case BLOCK -> block();
      case STORED_LENGTH -> storedLength();
      case STORED_BYTES -> storedBytes();
      case CODE_COUNTS -> codeCounts();
      case LENGTH_CODE -> lengthCode();
      case CODES -> codes();
      case SYMBOLS -> symbols();
      case ENDED, BROKEN -> false;
    };
  }

  private boolean block() {
    if (isLast) {
      state = State.ENDED;
      return false;
    }
    if (!has(3)) {
      return false;
    }
    isLast = take(1) == 1;
    switch (take(2)) {
      case STORED -> state = State.STORED_LENGTH;
      case FIXED -> {
        codes.useFixed();
        headers++;
        state = State.SYMBOLS;
      }
      case DYNAMIC -> state = State.CODE_COUNTS;
      default -> state = State.BROKEN;
    }
    return true;
  }

  private boolean storedLength() {
    int unused = -at & Byte.SIZE - 1;
    if (!has(unused + 32)) {
      return false;
    }
    at += unused;
    storedLeft = take(16);
    boolean valid = storedLeft == (take(16) ^ 0xffff);
    state = valid ? State.STORED_BYTES : State.BROKEN;
    headers++;
    return true;
  }

  private boolean storedBytes() {
    int skipped = Math.min(storedLeft, (limit - at) / Byte.SIZE);
    at += skipped * Byte.SIZE;
    out += skipped;
    storedLeft -= skipped;
    if (storedLeft > 0) {
      return false;
    }
    state = State.BLOCK;
    return true;
  }

  private boolean codeCounts() {
    if (!has(14)) {
      return false;
    }
    boolean valid = codes.begin(257 + take(5), 1 + take(5), 4 + take(4));
    state = valid ? State.LENGTH_CODE : State.BROKEN;
    return true;
  }

  private boolean lengthCode() {
    if (!has(3)) {
      return false;
    }
    if (codes.addToLengths(take(3))) {
      state = codes.beginCodes() ? State.CODES : State.BROKEN;
    }
    return true;
  }

  private boolean codes() {
    int entry = codes.lengths.table()[(int) bits(at) & (1 << codes.lengths.bits()) - 1];
    int symbol = entry >>> VALUE_SHIFT;
    int more = entry < 0 || symbol < 16 ? 0 : REPEAT_BITS[symbol - 16];
    int start = at;
    if (!takes(entry) || !has(more)) {
      at = start;
      return false;
    }
    boolean valid =
        entry >= 0
            && switch (symbol) {
              case 16 -> codes.repeat(3 + take(more));
              case 17 -> codes.add(0, 3 + take(more));
              case 18 -> codes.add(0, 11 + take(more));
              default -> codes.add(symbol, 1);
            };
    if (!valid) {
      state = State.BROKEN;
    } else if (codes.areAllStated()) {
      state = codes.end() ? State.SYMBOLS : State.BROKEN;
      headers++;
    }
    return true;
  }

  /** Reads symbols up to the end of the block, or of the input. */
  private boolean symbols() {
    do {
      if (out >= ReferredBytes.WINDOW_BYTES) {
        usualSymbols();
      }
    } while (anySymbol());
    return state != State.SYMBOLS;
  }

  /** Where nearly all of the time is spent: ends before a symbol that is not usual. */
  private void usualSymbols() {
    final long[] data = words;
    final int[] literals = codes.literals.table();
    final int[] distances = codes.distances.table();
    final int literalMask = (1 << codes.literals.bits()) - 1;
    final int distanceMask = (1 << codes.distances.bits()) - 1;
    final int last = limit - SYMBOL_BITS;
    int next = at;
    long made = out;
    while (next <= last) {
      int word = next >>> 6;
      long held = data[word] >>> next | data[word + 1] << 1 << ~next;
      int entry = literals[(int) held & literalMask];
      int length = entry & ALL_BITS_MASK;
      // For literals all of the distance's bits are masked out.
      int distance = distances[(int) (held >>> length) & distanceMask] & entry << 2 >> 31;
      if ((entry | distance) < 0) {
        break;
      }
      int extra = (1 << (entry >>> EXTRA_SHIFT & EXTRA_MASK)) - 1;
      made +=
          (entry >>> VALUE_SHIFT & VALUE_MASK)
              + ((int) (held >>> (entry >>> CODE_SHIFT & CODE_MASK)) & extra);
      next += length + (distance & ALL_BITS_MASK);
    }
    at = next;
    out = made;
  }

  /** Reads one symbol, whatever it is; returns false if it is not here whole, or none follows. */
  private boolean anySymbol() {
    int start = at;
    int entry = look(codes.literals);
    if (!takes(entry)) {
      return false;
    }
    if (entry < 0) {
      state = (entry & KIND_MASK) == HuffmanTable.END ? State.BLOCK : State.BROKEN;
      return false;
    }
    int length = value(entry, start);
    if ((entry & BEFORE_DISTANCE) != 0 && !distance(length)) {
      at = state == State.BROKEN ? at : start;
      return false;
    }
    out += length;
    return true;
  }

  /** Reads the distance behind a length; returns false if it is not here whole, or is none. */
  private boolean distance(int length) {
    int start = at;
    int entry = look(codes.distances);
    if (!takes(entry)) {
      return false;
    }
    int distance = value(entry, start);
    if (entry < 0 || distance > out + ReferredBytes.WINDOW_BYTES) {
      state = State.BROKEN;
      return false;
    }
    if (out < ReferredBytes.WINDOW_BYTES) {
      referred.note((int) out, distance, length);
    }
    return true;
  }

  /** Takes an entry's bits if they are here. What follows them may have decided which it is. */
  private boolean takes(int entry) {
    int count = Math.max(1, entry & ALL_BITS_MASK);
    if (!has(count)) {
      return false;
    }
    at += count;
    return true;
  }

  private int look(HuffmanTable code) {
    int[] table = code.table();
    long held = bits(at);
    int entry = table[(int) held & (1 << code.bits()) - 1];
    if ((entry & KIND_MASK) != HuffmanTable.LEADS_ON) {
      return entry;
    }
    int more = (int) (held >>> code.bits()) & (1 << (entry & ALL_BITS_MASK)) - 1;
    return table[(entry >>> VALUE_SHIFT & VALUE_MASK) + more];
  }

  /** Returns the value of an entry at a bit, with the bits that follow its code. */
  private int value(int entry, int start) {
    int extra = (1 << (entry >>> EXTRA_SHIFT & EXTRA_MASK)) - 1;
    return (entry >>> VALUE_SHIFT & VALUE_MASK)
        + ((int) (bits(start) >>> (entry >>> CODE_SHIFT & CODE_MASK)) & extra);
  }

  /** Returns the 64 bits from one on; those behind the input may be anything. */
  private long bits(int from) {
    int word = from >>> 6;
    return words[word] >>> from | words[word + 1] << 1 << ~from;
  }

  private boolean has(int count) {
    return limit - at >= count;
  }

  private int take(int count) {
    int taken = (int) bits(at) & (1 << count) - 1;
    at += count;
    return taken;
  }
}
