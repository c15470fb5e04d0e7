package dev.lazuli.estargz.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * Looks for bits at which a Deflate block (RFC 1951, 3.2.3) may begin, in the middle of data of
 * which nothing else is known. Nearly all bits are ruled out by what must come next: the numbers of
 * codes and a complete code for their lengths, or the length of a block without compression and its
 * complement. Whoever asks has to try what is left. Blocks of fixed codes, which can begin at every
 * fourth bit, are not found; nor is the last block of a stream. Memory is some 50 KiB. For one
 * thread.
 *
 * <p>What counts here is speed with the JVM's quick compiler, which the daemon has: a table says
 * how many bits to pass over, so that few places are looked at.
 */
final class BlockSearch {
  /** How many bytes are searched at once, at most. */
  static final int MOST_BYTES = 16 << 10;

  /** 256 KiB: what may be read of places that turn out to be no blocks. A fifth of it is usual. */
  private static final int MOST_TRIED_BYTES = 256 << 10;

  /** Not the last block, type, numbers of literals and of distances. */
  private static final int HEADER_BITS = 3 + 5 + 5;

  private static final int COUNT_BITS = 4;
  private static final int LEAST_LENGTHS = 4;
  private static final int LENGTH_BITS = 3;
  private static final int MOST_LENGTHS_BITS = 19 * LENGTH_BITS;

  /** How many lengths are looked up together. */
  private static final int GROUP_BITS = 4 * LENGTH_BITS;

  private static final int GROUP_MASK = (1 << GROUP_BITS) - 1;

  /** The sum of the shares of a complete code, in units of the longest code's. */
  private static final int COMPLETE = 1 << 7;

  private static final byte[] SKIPS = skips();
  private static final short[] SHARES = shares();

  private final byte[] bytes = new byte[MOST_BYTES];
  private final long[] words = new long[MOST_BYTES / Long.BYTES + 2];
  private final LongBuffer bytesAsWords =
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
  private int count;

  /** Returns for each value of the next bits how far the next is at which a block may begin. */
  private static byte[] skips() {
    var skips = new byte[1 << HEADER_BITS];
    for (int bits = 0; bits < skips.length; bits++) {
      int skip = 0;
      while (!mayBegin(bits >>> skip, HEADER_BITS - skip)) {
        skip++;
      }
      skips[bits] = (byte) skip;
    }
    return skips;
  }

  /** Returns whether a block with codes of its own may begin with these bits. */
  private static boolean mayBegin(int bits, int known) {
    int type = 0b10_0 & (1 << Math.min(known, 3)) - 1;
    return (bits & 0b111) == type
        && (known < 8 || (bits >>> 3 & 31) <= DeflateCodes.USED_LITERALS - 257)
        && (known < HEADER_BITS || (bits >>> 8 & 31) <= DeflateCodes.USED_DISTANCES - 1);
  }

  /** Returns for four lengths of codes how much of all codes they take together. */
  private static short[] shares() {
    var shares = new short[1 << GROUP_BITS];
    for (int lengths = 0; lengths < shares.length; lengths++) {
      for (int at = 0; at < GROUP_BITS; at += LENGTH_BITS) {
        int length = lengths >>> at & 7;
        shares[lengths] += (short) (length == 0 ? 0 : COMPLETE >>> length);
      }
    }
    return shares;
  }

  /**
   * Begins a trial with the first place from which decompression may go on to the end of the data.
   *
   * @param data at most {@value #MOST_BYTES}; left as they are
   * @param offset their place in the blob
   * @return whether there is one
   */
  boolean find(ByteBuffer data, long offset, CheckpointTrial trial) {
    begin(data);
    int left = MOST_TRIED_BYTES;
    boolean isStored = false;
    int bit = nextDynamic(0);
    while (left > 0) {
      if (bit < 0 && !isStored) {
        isStored = true;
        bit = nextStored(0);
      }
      if (bit < 0) {
        return false;
      }
      int at = bit / Byte.SIZE;
      var rest = data.slice(data.position() + at, count - at);
      if (trial.begin(rest, offset + at, bit % Byte.SIZE)) {
        return true;
      }
      left -= trial.scannedBytes();
      bit = isStored ? nextStored(bit + 1) : nextDynamic(bit + 1);
    }
    return false;
  }

  private void begin(ByteBuffer data) {
    count = data.remaining();
    data.get(data.position(), bytes, 0, count);
    bytesAsWords.get(0, words, 0, (count + Long.BYTES - 1) / Long.BYTES);
  }

  /**
   * Returns the next bit at which a block with codes of its own may begin, or -1.
   *
   * @param from the first bit that counts
   */
  private int nextDynamic(int from) {
    int last = count * Byte.SIZE - HEADER_BITS - COUNT_BITS - MOST_LENGTHS_BITS;
    int at = from;
    while (at <= last) {
      long held = bits(at);
      int skip = SKIPS[(int) held & (1 << HEADER_BITS) - 1];
      if (skip == 0) {
        if (isComplete(at, held)) {
          return at;
        }
        skip = 1;
      }
      at += skip;
    }
    return -1;
  }

  private boolean isComplete(int at, long held) {
    int lengths = LEAST_LENGTHS + ((int) (held >>> HEADER_BITS) & (1 << COUNT_BITS) - 1);
    long stated = bits(at + HEADER_BITS + COUNT_BITS) & (1L << (lengths * LENGTH_BITS)) - 1;
    int sum =
        SHARES[(int) stated & GROUP_MASK]
            + SHARES[(int) (stated >>> GROUP_BITS) & GROUP_MASK]
            + SHARES[(int) (stated >>> (2 * GROUP_BITS)) & GROUP_MASK]
            + SHARES[(int) (stated >>> (3 * GROUP_BITS)) & GROUP_MASK]
            + SHARES[(int) (stated >>> (4 * GROUP_BITS)) & GROUP_MASK];
    return sum == COMPLETE;
  }

  /**
   * Returns the next bit at which a block without compression may begin, or -1. It is the last such
   * bit before the block's length: those before it are zeros, too, as is what fills up the byte.
   *
   * @param from the first bit that counts
   */
  private int nextStored(int from) {
    for (int at = from / Byte.SIZE + 1; at <= count - 4; at++) {
      boolean begins =
          (bytes[at - 1] & 0xe0) == 0
              && (bytes[at] ^ bytes[at + 2]) == -1
              && (bytes[at + 1] ^ bytes[at + 3]) == -1;
      int bit = at * Byte.SIZE - 3;
      if (begins && bit >= from) {
        return bit;
      }
    }
    return -1;
  }

  private long bits(int at) {
    int word = at >>> 6;
    return words[word] >>> at | words[word + 1] << 1 << ~at;
  }
}
