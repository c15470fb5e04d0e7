package dev.lazuli.estargz.read;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.InputStream;
import java.util.function.IntFunction;

/** A table of contents as JSON, made up entry by entry as it is read. */
public final class EntriesJson extends InputStream {
  private final IntFunction<String> entries;
  private final int count;
  private byte[] piece =
      "{\"version\":1,\"entries\":[{\"name\":\"r\",\"type\":\"dir\"}".getBytes(UTF_8);
  private int at;
  private int next;

  /**
   * @param entries the JSON of each entry, by its number from 0 on
   * @param count how many follow the root directory
   */
  public EntriesJson(IntFunction<String> entries, int count) {
    this.entries = entries;
    this.count = count;
  }

  @Override
  public int read() {
    return fill() ? piece[at++] & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) {
    if (!fill()) {
      return -1;
    }
    int taken = Math.min(length, piece.length - at);
    System.arraycopy(piece, at, into, offset, taken);
    at += taken;
    return taken;
  }

  private boolean fill() {
    if (at == piece.length && next <= count) {
      piece = (next == count ? "]}" : "," + entries.apply(next)).getBytes(UTF_8);
      next++;
      at = 0;
    }
    return at < piece.length;
  }
}
