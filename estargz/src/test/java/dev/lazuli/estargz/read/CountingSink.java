package dev.lazuli.estargz.read;

import dev.lazuli.estargz.ChunkSink;
import java.nio.ByteBuffer;

/** Counts the decoded bytes of chunks that have to be right. */
public final class CountingSink implements ChunkSink {
  private long bytes;

  /** Returns how many bytes have come. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void begin(int chunk) {}

  @Override
  public void write(ByteBuffer window) {
    bytes += window.remaining();
  }

  @Override
  public void commit(byte[] sha256) {}

  @Override
  public void abort() {
    throw new AssertionError("a chunk is wrong");
  }
}
