package dev.lazuli.estargz.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * The tar blocks that a builder adds: headers of plain files with short names, and the end; and how
 * readers pass over blocks.
 */
public final class TarBlocks {
  /** The two blocks of zeros that end an archive. */
  public static final int END_BYTES = 2 * TarHeader.BLOCK;

  /** Returns the header of a regular file: ustar, no owner, no time, no permissions. */
  public static byte[] header(String name, long size) {
    var block = new byte[TarHeader.BLOCK];
    put(block, 0, name);
    for (int at : new int[] {100, 108, 116}) {
      put(block, at, "0000000");
    }
    put(block, 124, "%011o".formatted(size));
    put(block, 136, "00000000000");
    put(block, 148, "        ");
    put(block, 156, "0");
    put(block, 257, "ustar\00000");
    put(block, 329, "0000000");
    put(block, 337, "0000000");
    var sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, 148, "%06o\0 ".formatted(sum));
    return block;
  }

  /** Returns how many zeros follow {@code size} bytes of content. */
  public static int padding(long size) {
    return (int) (-size & (TarHeader.BLOCK - 1));
  }

  /**
   * Passes over bytes.
   *
   * @param problem what an input says that ends before, unless it says something itself
   * @throws EOFException if it does
   */
  public static void skip(InputStream in, long bytes, String problem) throws IOException {
    try {
      in.skipNBytes(bytes);
    } catch (EOFException e) {
      throw e.getMessage() == null ? new EOFException(problem) : e;
    }
  }

  private static void put(byte[] block, int at, String text) {
    var bytes = text.getBytes(US_ASCII);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  private TarBlocks() {}
}
