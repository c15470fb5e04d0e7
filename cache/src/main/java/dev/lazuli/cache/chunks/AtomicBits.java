package dev.lazuli.cache.chunks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A fixed set of bits. Thread-safe without locks; nothing allocates after construction. */
public final class AtomicBits {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] words;
  private final int size;

  public AtomicBits(int size) {
    this.words = new long[(size + 63) >>> 6];
    this.size = size;
  }

  /** Reads bits from {@code bytes}: bit {@code i} is bit {@code i % 8} of byte {@code i / 8}. */
  public AtomicBits(int size, byte[] bytes) {
    this(size);
    for (int bit = 0; bit < size; bit++) {
      if ((bytes[bit >>> 3] >>> (bit & 7) & 1) != 0) {
        words[bit >>> 6] |= 1L << bit;
      }
    }
  }

  /** Returns a copy that changes by itself. */
  AtomicBits copy() {
    var copy = new AtomicBits(size);
    for (int word = 0; word < words.length; word++) {
      copy.words[word] = (long) WORD.getAcquire(words, word);
    }
    return copy;
  }

  /** Clears all bits that are set in {@code others}, of the same size; returns this. */
  AtomicBits without(AtomicBits others) {
    for (int bit = others.nextSet(0, size); bit >= 0; bit = others.nextSet(bit + 1, size)) {
      clear(bit);
    }
    return this;
  }

  int size() {
    return size;
  }

  public boolean get(int bit) {
    return ((long) WORD.getAcquire(words, bit >>> 6) >>> bit & 1) != 0;
  }

  /** Sets the bit and returns whether it was clear. */
  public boolean set(int bit) {
    long mask = 1L << bit;
    return ((long) WORD.getAndBitwiseOr(words, bit >>> 6, mask) & mask) == 0;
  }

  /** Clears the bit and returns whether it was set. */
  public boolean clear(int bit) {
    long mask = 1L << bit;
    return ((long) WORD.getAndBitwiseAnd(words, bit >>> 6, ~mask) & mask) != 0;
  }

  /** Returns the first clear bit from {@code from} up to, not including, {@code to}; -1 if none. */
  int nextClear(int from, int to) {
    return next(from, to, -1L);
  }

  /** Returns the first set bit from {@code from} up to, not including, {@code to}; -1 if none. */
  int nextSet(int from, int to) {
    return next(from, to, 0L);
  }

  private int next(int from, int to, long flip) {
    if (from >= to) {
      return -1;
    }
    int word = from >>> 6;
    int lastWord = (to - 1) >>> 6;
    long found = ((long) WORD.getAcquire(words, word) ^ flip) & (-1L << from);
    while (found == 0 && word < lastWord) {
      word++;
      found = (long) WORD.getAcquire(words, word) ^ flip;
    }
    if (found == 0) {
      return -1;
    }
    int bit = (word << 6) + Long.numberOfTrailingZeros(found);
    return bit < to ? bit : -1;
  }

  int count() {
    int set = 0;
    for (int word = 0; word < words.length; word++) {
      set += Long.bitCount((long) WORD.getAcquire(words, word));
    }
    return set;
  }

  /** Returns eight bits from {@code bit}, a multiple of 8. */
  byte octet(int bit) {
    return (byte) ((long) WORD.getAcquire(words, bit >>> 6) >>> (bit & 56));
  }
}
