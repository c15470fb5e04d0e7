package dev.lazuli.demo.images;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Content computed from its position alone, so that any part of a file of any size can be made, or
 * checked, without keeping it. Immutable.
 *
 * <p>The content is a row of 4096-byte blocks. A block whose number is not a multiple of {@code
 * noiseEvery} holds one eight-byte word over and over, which compresses about 200 : 1; the others
 * hold the output of SplitMix64, which does not compress.
 *
 * @param size bytes, at least 0
 * @param seed two contents with different seeds differ in every block
 * @param noiseEvery each how many blocks one is incompressible; {@link #NOISE} for all of them
 */
public record GeneratedContent(long size, long seed, int noiseEvery) implements FileContent {
  /** Every block is incompressible. */
  public static final int NOISE = 1;

  private static final int BLOCK = 4096;
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  /** Checks the bounds. */
  public GeneratedContent {
    if (size < 0 || noiseEvery < 1) {
      throw new IllegalArgumentException("size " + size + ", noise every " + noiseEvery);
    }
  }

  /** Returns the same content with all but one in {@code noiseEvery} blocks compressible. */
  public GeneratedContent compressible(int noiseEvery) {
    return new GeneratedContent(size, seed, noiseEvery);
  }

  /**
   * Fills {@code target} with the bytes from {@code offset}.
   *
   * @throws IndexOutOfBoundsException if the content ends before {@code target} is full
   */
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size);
    var order = target.order();
    target.order(ByteOrder.LITTLE_ENDIAN);
    for (var at = offset; target.hasRemaining(); ) {
      var block = at / BLOCK;
      var end = at + Math.min(target.remaining(), (block + 1) * BLOCK - at);
      if (block % noiseEvery == 0) {
        fillNoise(at, end, target);
      } else {
        fillPattern(at, end, target, seed + block);
      }
      at = end;
    }
    target.order(order);
  }

  private void fillNoise(long from, long end, ByteBuffer target) {
    for (var at = from; at < end; ) {
      var word = splitMix64(seed + at / 8 * GOLDEN_GAMMA);
      at += putWord(word, at, end, target);
    }
  }

  private static void fillPattern(long from, long end, ByteBuffer target, long word) {
    for (var at = from; at < end; ) {
      at += putWord(word, at, end, target);
    }
  }

  /** Puts the bytes of the word that lies around {@code at}; returns how many. */
  private static int putWord(long word, long at, long end, ByteBuffer target) {
    if (at % 8 == 0 && end - at >= 8) {
      target.putLong(word);
      return 8;
    }
    target.put((byte) (word >>> (at % 8 * 8)));
    return 1;
  }

  @Override
  public InputStream open() {
    return new GeneratedStream(this);
  }

  /** Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014. */
  private static long splitMix64(long state) {
    var z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
