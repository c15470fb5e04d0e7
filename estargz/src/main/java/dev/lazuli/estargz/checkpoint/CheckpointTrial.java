package dev.lazuli.estargz.checkpoint;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * A place at which a block seems to begin, which is followed until it is known to be one.
 *
 * <p>It counts as one only if its blocks say how much comes out of them, and just as much came out
 * behind the place, whenever all that went in has come out. This has to hold beyond the header of
 * one more block at least: data within data may look right up to there, such as a compressed file
 * that is stored as it is. Then decompression is started at the place, and must give the bytes that
 * came out.
 *
 * <p>Memory is some 150 KiB. For one thread.
 */
final class CheckpointTrial {
  /** More than the longest header of a block: most places where no block begins show it there. */
  private static final int HEADER_BYTES = 512;

  /** What is decompressed, and what that takes at most where a byte takes 15 bits. */
  private static final int TRIED_BYTES = 8 << 10;

  private static final int MOST_INPUT_BYTES = 2 * TRIED_BYTES + HEADER_BYTES;

  /** 512 KiB: few blocks are as long as a fifth of it. */
  private static final int MOST_BYTES = 512 << 10;

  private static final int WINDOW_BYTES = ReferredBytes.WINDOW_BYTES;

  /** Windows are mostly zeros: higher levels take more time for hardly less. */
  private static final int LEVEL = 6;

  private static final byte[] NO_BYTES = {};

  private final DeflateScanner scanner = new DeflateScanner();
  private final byte[] input = new byte[MOST_INPUT_BYTES];
  private int inputCount;
  private int scannedBytes;
  private long blobOffset;
  private int bit;

  /** Where the place is in the tar; -1 until that is known. */
  private long place = -1;

  private ReferredBytes referred = new ReferredBytes();

  /** What came out before the place and behind it; the former is null until enough is here. */
  private byte @Nullable [] window;

  private byte[] behind = NO_BYTES;

  /**
   * Begins with a place in the data.
   *
   * @param data from the byte that has the first bit on; left as they are
   * @param newBlobOffset of that byte
   * @param newBit that bit, 0 to 7
   * @return whether there may be blocks as far as the data go
   */
  boolean begin(ByteBuffer data, long newBlobOffset, int newBit) {
    blobOffset = newBlobOffset;
    bit = newBit;
    inputCount = 0;
    place = -1;
    window = null;
    referred = new ReferredBytes();
    scanner.begin(newBit, referred);
    int header = Math.min(HEADER_BYTES, data.remaining());
    scannedBytes = header;
    scanner.scan(data.slice(data.position(), header));
    return !scanner.isBroken() && addRest(data, header);
  }

  /** Returns how many bytes were read since it began. */
  int scannedBytes() {
    return scannedBytes;
  }

  /** Takes the data that follow, and leaves them as they are; returns as {@link #begin}. */
  boolean add(ByteBuffer data) {
    return addRest(data, 0);
  }

  private boolean addRest(ByteBuffer data, int scanned) {
    int kept = Math.min(data.remaining(), MOST_INPUT_BYTES - inputCount);
    data.get(data.position(), input, inputCount, kept);
    inputCount += kept;
    int rest = data.remaining() - scanned;
    scanner.scan(data.slice(data.position() + scanned, rest));
    scannedBytes += rest;
    return !scanner.isBroken() && scannedBytes <= MOST_BYTES;
  }

  /**
   * Compares, when all has come out that can come out of what went in.
   *
   * @param tarOffset where output is now
   * @param from before which the place is not, nor what is needed from before it
   * @param due before which the place is not
   * @return whether the place may still be one
   */
  boolean compare(long tarOffset, long from, long due, RecentOutput recent) {
    long found = tarOffset - scanner.out();
    if (place < 0) {
      place = found;
    }
    if (found != place || place <= from || place < due) {
      return false;
    }
    if (window == null && scanner.out() >= TRIED_BYTES) {
      long first = Math.max(from, place - WINDOW_BYTES);
      if (!recent.has(first, place + TRIED_BYTES)) {
        return false;
      }
      window = recent.copy(first, place);
      behind = recent.copy(place, place + TRIED_BYTES);
    }
    return true;
  }

  /** Returns whether enough is known to say what {@link #isRight} says. */
  boolean isComplete() {
    return window != null && scanner.out() >= WINDOW_BYTES && scanner.headers() > 1;
  }

  /** Starts decompression at the place, and returns whether the right bytes come out. */
  boolean isRight() {
    byte[] before = requireNonNull(window);
    referred.clearOthers(before);
    try (var inflater = new Inflater(/* nowrap= */ true)) {
      inflater.setDictionary(before);
      var out = new byte[TRIED_BYTES];
      int from = 0;
      if (bit > 0) {
        inflater.setInput(InflatePrefix.of(input[0], bit));
        from = 1;
        if (inflater.inflate(out) > 0) {
          return false; // The rest of the byte is the start of a header: nothing comes of it.
        }
      }
      inflater.setInput(input, from, inputCount - from);
      int count = 0;
      for (int more; (more = inflater.inflate(out, count, out.length - count)) > 0; ) {
        count += more;
      }
      return Arrays.equals(out, behind);
    } catch (DataFormatException e) {
      return false;
    }
  }

  Checkpoint checkpoint() {
    return new Checkpoint(blobOffset, bit, place);
  }

  /** Returns the window of the checkpoint, deflated. */
  byte[] deflatedWindow() {
    byte[] before = requireNonNull(window);
    try (var deflater = new Deflater(LEVEL, /* nowrap= */ true)) {
      deflater.setInput(before);
      deflater.finish();
      byte[] into = new byte[before.length + 64];
      int count = deflater.deflate(into);
      return Arrays.copyOf(into, count);
    }
  }
}
