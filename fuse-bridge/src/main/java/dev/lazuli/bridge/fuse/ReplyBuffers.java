package dev.lazuli.bridge.fuse;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/** The buffers for replies that come late: made when first needed, waited for when all are used. */
final class ReplyBuffers {
  private final Semaphore permits;
  private final ConcurrentLinkedQueue<ReplyBuffer> free = new ConcurrentLinkedQueue<>();

  ReplyBuffers(int limit) {
    permits = new Semaphore(limit, /* fair= */ true);
  }

  /** Returns a buffer of the caller's own until {@link #release}; waits while there is none. */
  ReplyBuffer acquire() {
    permits.acquireUninterruptibly();
    ReplyBuffer buffer = free.poll();
    if (buffer != null) {
      return buffer;
    }
    try {
      return new ReplyBuffer();
    } catch (OutOfMemoryError e) {
      permits.release();
      throw e;
    }
  }

  void release(ReplyBuffer buffer) {
    free.add(buffer);
    permits.release();
  }
}
