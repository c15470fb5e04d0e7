package dev.lazuli.estargz.read;

import java.io.IOException;
import java.io.InputStream;

/** The decompressed bytes of streams that follow each other, as an input stream. */
final class DecodedInput extends InputStream {
  private final DecoderPool.Bench bench;
  private boolean ended;

  /** Reads from a bench whose decoder was started. */
  DecodedInput(DecoderPool.Bench bench) {
    this.bench = bench;
    bench.window.limit(0);
  }

  @Override
  public int read() throws IOException {
    return fill() ? bench.window.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    var count = Math.min(length, bench.window.remaining());
    bench.window.get(into, offset, count);
    return count;
  }

  private boolean fill() throws IOException {
    if (!bench.window.hasRemaining() && !ended) {
      ended = !bench.decoder.decode(bench.window.clear());
      bench.window.flip();
    }
    return bench.window.hasRemaining();
  }
}
