package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Passes JSON on as long as it is UTF-8. JSON readers differ in what they make of anything else:
 * some guess UTF-16, some take overlong forms for the characters that they stand for, some put
 * U+FFFD. Two readers must not see two trees in one table of contents.
 *
 * @see <a href="https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G27506">The
 *     Unicode Standard, table 3-7: well-formed UTF-8 byte sequences</a>
 */
final class Utf8Input extends FilterInputStream {
  /** By zeros among so many first bytes UTF-16 and UTF-32 are recognized. */
  private static final int GUESSED_BYTES = 4;

  private final String layer;
  private long count;

  /** How many bytes of a character are still to come, and what the next of them may be. */
  private int pending;

  private int least;
  private int most;

  Utf8Input(String layer, InputStream json) {
    super(json);
    this.layer = layer;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int read = in.read(into, offset, length);
    if (read < 0 && pending > 0) {
      throw malformed("the end");
    }
    for (int i = offset; i < offset + read; i++) {
      int next = into[i];
      if (pending > 0 || next < 0 || count < GUESSED_BYTES) {
        check(next & 0xff);
      }
      count++;
    }
    return read;
  }

  private void check(int next) throws LayerFormatException {
    if (pending > 0) {
      if (next < least || next > most) {
        throw malformed("byte 0x%02x".formatted(next));
      }
      pending--;
      least = 0x80;
      most = 0xbf;
    } else if (next >= 0x80) {
      begin(next);
    } else if (next == 0) {
      throw malformed("a zero byte");
    }
  }

  private void begin(int first) throws LayerFormatException {
    if (first < 0xc2 || first > 0xf4 || count == 0) {
      throw malformed("byte 0x%02x".formatted(first));
    }
    pending = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  }

  private LayerFormatException malformed(String found) {
    return new LayerFormatException(layer, "JSON", found + " at " + count, "UTF-8");
  }

  @Override
  public long skip(long bytes) {
    throw new UnsupportedOperationException("every byte is checked");
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
