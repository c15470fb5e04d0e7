package dev.lazuli.estargz.read;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.tar.TarInput;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The tar of a blob that is read whole. Each byte goes to the pass when it is read or skipped, not
 * before, so that the pass and whoever reads the tar are always at the same place.
 */
final class PassInput extends TarInput {
  /** Where the bytes go. */
  interface Pass {
    /** Says that the bytes from now on are those of the stream at a blob offset. */
    void enter(long streamStart) throws IOException;

    /** Takes the next bytes of the tar. */
    void take(ByteBuffer bytes) throws IOException;

    /**
     * Says that the rest cannot be decompressed. The tar ends there, unless this throws.
     *
     * @throws IOException to end the pass
     */
    void broken(IOException reason) throws IOException;

    /** See {@link TarInput#strayReads}. */
    long strayReads();
  }

  private final DecoderPool.Bench bench;
  private final Pass pass;
  private boolean ended;

  /** Reads what the bench's decoder, which was started, decompresses. */
  PassInput(DecoderPool.Bench bench, Pass pass) {
    this.bench = bench;
    this.pass = pass;
    bench.window.limit(0);
  }

  @Override
  public int read() throws IOException {
    return fill() ? taken(1).get(0) & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, bench.window.remaining());
    taken(count).get(0, into, offset, count);
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    if (count <= 0 || !fill()) {
      return 0;
    }
    int skipped = (int) Math.min(count, bench.window.remaining());
    taken(skipped);
    return skipped;
  }

  /** Reads what is left. */
  void drain() throws IOException {
    while (fill()) {
      taken(bench.window.remaining());
    }
  }

  @Override
  public long strayReads() {
    return pass.strayReads();
  }

  private ByteBuffer taken(int count) throws IOException {
    var window = bench.window;
    var part = window.slice(window.position(), count);
    window.position(window.position() + count);
    pass.take(part.duplicate());
    return part;
  }

  private boolean fill() throws IOException {
    while (!bench.window.hasRemaining() && !ended) {
      ended = !decoded();
    }
    return bench.window.hasRemaining();
  }

  private boolean decoded() throws IOException {
    var window = bench.window;
    try {
      if (bench.decoder.decodeStream(window.clear())) {
        pass.enter(bench.decoder.streamStart());
        window.flip();
        return true;
      }
    } catch (LayerFormatException | EOFException e) {
      pass.broken(e);
    }
    window.limit(0);
    return false;
  }
}
