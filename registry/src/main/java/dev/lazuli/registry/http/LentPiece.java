package dev.lazuli.registry.http;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The receive buffer a reader has at hand. Only the reader's own thread takes it back, for a buffer
 * freed under its reader would fill with another stream's bytes.
 */
public final class LentPiece {
  private @Nullable ByteBuf lent;
  private volatile Thread reader = Thread.currentThread();

  /** Takes the last piece back and makes the caller the reader. */
  public void takeBack() {
    reader = Thread.currentThread();
    release();
  }

  /** Lends a piece, whose reference becomes ours. */
  public ByteBuffer lend(ByteBuf piece) {
    lent = piece;
    return piece.nioBuffer();
  }

  /** Takes the piece back if the caller is the reader, or the reader is gone; says which. */
  public boolean takeBackIfReader() {
    Thread owner = reader;
    if (!owner.equals(Thread.currentThread()) && owner.isAlive()) {
      return false;
    }
    release();
    return true;
  }

  private void release() {
    if (lent != null) {
      lent.release();
      lent = null;
    }
  }
}
