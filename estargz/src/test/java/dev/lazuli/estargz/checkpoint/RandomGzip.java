package dev.lazuli.estargz.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Gzip data as others' compressors write them: in one member or several, at any level, with blocks
 * of all types, with flushes as parallel compressors make them.
 */
public final class RandomGzip {
  private static final int[] STRATEGIES = {
    Deflater.DEFAULT_STRATEGY, Deflater.FILTERED, Deflater.HUFFMAN_ONLY
  };

  private static final int[] FLUSHES = {
    Deflater.NO_FLUSH, Deflater.SYNC_FLUSH, Deflater.FULL_FLUSH
  };

  private final Random random;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private RandomGzip(Random random) {
    this.random = random;
  }

  /** Returns some content: noise, text, zeros, and parts that come again. */
  public static byte[] content(Random random, int size) {
    var all = new byte[size];
    int at = 0;
    while (at < size) {
      int count = Math.min(size - at, 1 + random.nextInt(40_000));
      switch (random.nextInt(5)) {
        case 0 -> fill(all, at, count, random.nextInt(2), 256, random);
        case 1 -> {} // Zeros.
        case 2 -> fill(all, at, count, 'a', 4, random);
        default -> {
          if (at > 0) {
            int from = Math.max(0, at - 1 - random.nextInt(33_000));
            for (int i = 0; i < count; i++) {
              all[at + i] = random.nextInt(50) == 0 ? (byte) random.nextInt() : all[from + i];
            }
          } else {
            fill(all, at, count, ' ', 64, random);
          }
        }
      }
      at += count;
    }
    return all;
  }

  private static void fill(byte[] all, int at, int count, int first, int different, Random random) {
    for (int i = at; i < at + count; i++) {
      all[i] = (byte) (first + random.nextInt(different));
    }
  }

  /** Compresses content in a random way. */
  public static byte[] of(Random random, byte[] content) {
    var gzip = new RandomGzip(random);
    int members = random.nextInt(3) == 0 ? 1 + random.nextInt(8) : 1;
    int at = 0;
    for (int left = members; left > 0; left--) {
      int end = left == 1 ? content.length : at + random.nextInt(content.length - at + 1);
      gzip.member(content, at, end);
      at = end;
    }
    return gzip.out.toByteArray();
  }

  private void member(byte[] content, int from, int to) {
    boolean named = random.nextBoolean();
    out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, (byte) (named ? 8 : 0), 0, 0, 0, 0, 0, 3});
    if (named) {
      out.writeBytes("layer.tar\0".getBytes(StandardCharsets.US_ASCII));
    }
    // Where a flush meets its end of a buffer, zlib makes data now and then that it cannot read.
    byte[] data;
    do {
      data = deflated(content, from, to);
    } while (!isReadable(data));
    out.writeBytes(data);
    out.writeBytes(new byte[8]); // Nobody here looks at checksum and size.
  }

  private byte[] deflated(byte[] content, int from, int to) {
    boolean steady = random.nextBoolean();
    var data = new ByteArrayOutputStream();
    try (var deflater = new Deflater(random.nextInt(10), /* nowrap= */ true)) {
      deflater.setStrategy(STRATEGIES[random.nextInt(STRATEGIES.length)]);
      for (int at = from; at < to; ) {
        int count = Math.min(to - at, 1 + random.nextInt(steady ? 400_000 : 60_000));
        deflater.setInput(content, at, count);
        drain(deflater, steady ? Deflater.NO_FLUSH : FLUSHES[random.nextInt(FLUSHES.length)], data);
        at += count;
      }
      deflater.finish();
      drain(deflater, Deflater.NO_FLUSH, data);
    }
    return data.toByteArray();
  }

  private static boolean isReadable(byte[] data) {
    try (var inflater = new Inflater(/* nowrap= */ true)) {
      inflater.setInput(data);
      var buffer = new byte[100_000];
      while (!inflater.finished() && inflater.inflate(buffer) > 0) {}
      return inflater.finished();
    } catch (DataFormatException e) {
      return false;
    }
  }

  private static boolean endless(Deflater deflater, int flush, int count) {
    return flush == Deflater.NO_FLUSH && count > 0 && !deflater.finished();
  }

  private static void drain(Deflater deflater, int flush, ByteArrayOutputStream out) {
    var buffer = new byte[20_000];
    int count;
    do {
      count = deflater.deflate(buffer, 0, buffer.length, flush);
      out.write(buffer, 0, count);
    } while (count == buffer.length || !deflater.needsInput() || endless(deflater, flush, count));
  }
}
