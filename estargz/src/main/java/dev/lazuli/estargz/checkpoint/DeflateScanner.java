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
 * Reads Deflate data (RFC 1951) without decompressing it: it says where blocks begin, in the data
 * and in what comes out of it, and to which bytes before a place the data behind it refers. Takes
 * the data in pieces. Memory is some 80 KiB, whatever the data. For one thread.
 *
 * <p>It stays up to 47 bits behind what it was given: a gzip member's trailer is longer.
 *
 * <p>What counts here is speed with the JVM's quick compiler, which the daemon has: so the data are
 * read from an array of {@code long}, and the loop over usual symbols has no branch that depends on
 * which they are.
 */
final class DeflateScanner {
  /** Is told of blocks. */
  interface BlockListener {
    /**
     * Says that a block begins.
     *
     * @param bit its first bit's place, counted from the blob's first byte
     * @param out how many bytes come out before it
     */
    void block(long bit, long out);
  }

  /** A length with its extra bits and a distance with its: no symbol takes more. */
  private static final int SYMBOL_BITS = 15 + 5 + 15 + 13;

  private static final int INPUT_BYTES = 16 << 10;
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

  private final BlockListener blocks;
  private final DeflateCodes codes = new DeflateCodes();

  /** The data that are being read, and the same as words; there is one more of them. */
  private final byte[] input = new byte[INPUT_BYTES];

  private final long[] words = new long[INPUT_BYTES / Long.BYTES + 1];
  private final LongBuffer inputWords =
      ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();

  private State state = State.ENDED;
  private boolean isLast;

  /** The next bit of the input, and how many there are. */
  private int at;

  private int limit;

  /** Blob offset behind the input. */
  private long limitOffset;

  private long out;
  private int storedLeft;

  private ReferredBytes referred = new ReferredBytes();

  /** What comes out before this place is looked at for references. */
  private long watchedTo = -1;

  /** The place before which references are noted. */
  private long watched;

  DeflateScanner(BlockListener blocks) {
    this.blocks = blocks;
  }

  /** Begins with the data that the next piece begins with. */
  void begin() {
    state = State.BLOCK;
    isLast = false;
    at = 0;
    limit = 0;
    out = 0;
    watchedTo = -1;
  }

  /** Returns how many bytes come out of what was read so far. */
  long out() {
    return out;
  }

  /** Returns whether the data was read to its end. */
  boolean hasEnded() {
    return state == State.ENDED;
  }

  /** Notes references to what comes out before {@code place}, where it is now. */
  void watch(ReferredBytes into) {
    referred = into;
    watched = out;
    watchedTo = out + ReferredBytes.WINDOW_BYTES;
  }

  /**
   * Reads the next piece; nothing behind the end of the data, or behind what no Deflate data has.
   *
   * @param offset blob offset of the piece
   */
  void scan(ByteBuffer piece, long offset) {
    limitOffset = offset;
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
    limitOffset += count;
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
    blocks.block(limitOffset * Byte.SIZE - (limit - at), out);
    isLast = take(1) == 1;
    switch (take(2)) {
      case STORED -> state = State.STORED_LENGTH;
      case FIXED -> {
        codes.useFixed();
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
    if (!has(14)) {
      return false;
    }
    int entry = codes.lengths.table()[(int) bits() & (1 << codes.lengths.bits()) - 1];
    at += entry & ALL_BITS_MASK;
    boolean valid =
        entry >= 0
            && switch (entry >>> VALUE_SHIFT) {
              case 16 -> codes.repeat(3 + take(2));
              case 17 -> codes.add(0, 3 + take(3));
              case 18 -> codes.add(0, 11 + take(7));
              default -> codes.add(entry >>> VALUE_SHIFT, 1);
            };
    if (!valid) {
      state = State.BROKEN;
    } else if (codes.areAllStated()) {
      state = codes.end() ? State.SYMBOLS : State.BROKEN;
    }
    return true;
  }

  /** Reads symbols up to the end of the block, or of the input. */
  private boolean symbols() {
    while (state == State.SYMBOLS && has(SYMBOL_BITS)) {
      if (out >= watchedTo) {
        usualSymbols();
      }
      if (has(SYMBOL_BITS)) {
        anySymbol();
      }
    }
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

  /** Reads one symbol, whatever it is. */
  private void anySymbol() {
    int entry = look(codes.literals);
    int length = value(entry);
    at += entry & ALL_BITS_MASK;
    if (entry < 0) {
      state = (entry & KIND_MASK) == HuffmanTable.END ? State.BLOCK : State.BROKEN;
      return;
    }
    if ((entry & BEFORE_DISTANCE) != 0) {
      int coded = look(codes.distances);
      int distance = value(coded);
      at += coded & ALL_BITS_MASK;
      if (coded < 0 || distance > out) {
        state = State.BROKEN;
        return;
      }
      if (out < watchedTo) {
        referred.note((int) (out - watched), distance, length);
      }
    }
    out += length;
  }

  private int look(HuffmanTable code) {
    int[] table = code.table();
    long held = bits();
    int entry = table[(int) held & (1 << code.bits()) - 1];
    if ((entry & KIND_MASK) != HuffmanTable.LEADS_ON) {
      return entry;
    }
    int more = (int) (held >>> code.bits()) & (1 << (entry & ALL_BITS_MASK)) - 1;
    return table[(entry >>> VALUE_SHIFT & VALUE_MASK) + more];
  }

  /** Returns an entry's value with the bits that follow its code. */
  private int value(int entry) {
    int extra = (1 << (entry >>> EXTRA_SHIFT & EXTRA_MASK)) - 1;
    return (entry >>> VALUE_SHIFT & VALUE_MASK)
        + ((int) (bits() >>> (entry >>> CODE_SHIFT & CODE_MASK)) & extra);
  }

  /** Returns the next 64 bits; those behind the input may be anything. */
  private long bits() {
    int word = at >>> 6;
    return words[word] >>> at | words[word + 1] << 1 << ~at;
  }

  private boolean has(int count) {
    return limit - at >= count;
  }

  private int take(int count) {
    int taken = (int) bits() & (1 << count) - 1;
    at += count;
    return taken;
  }
}
