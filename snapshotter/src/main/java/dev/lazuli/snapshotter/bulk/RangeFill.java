package dev.lazuli.snapshotter.bulk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One range of a blob that is read into a block by a thread of its own, while another takes the
 * bytes in their turn. The block goes back when both are done with it.
 */
final class RangeFill {
  private final BlobSource blob;
  private final BlockBudget budget;
  private final BlockBudget.Block block;
  private final long offset;
  private final int length;
  private final AtomicInteger users = new AtomicInteger(2);
  private volatile @Nullable BlobStream stream;
  private volatile boolean cancelled;

  @GuardedBy("this")
  private int filled;

  @GuardedBy("this")
  private @Nullable IOException failure;

  RangeFill(BlobSource blob, BlockBudget budget, BlockBudget.Block block, long offset, int length) {
    this.blob = blob;
    this.budget = budget;
    this.block = block;
    this.offset = offset;
    this.length = length;
  }

  int length() {
    return length;
  }

  /** Reads the range. For the thread that fills. */
  void run() {
    var bytes = block.bytes();
    try (var tries =
        new RangeTries(blob, offset, offset + length, this::noteOpen, () -> cancelled)) {
      for (ByteBuffer piece; (piece = tries.next()) != null; ) {
        bytes.put(piece);
        publish(bytes.position());
      }
    } catch (Throwable e) { // Top of the thread: the taker waits for bytes or a failure.
      fail(e instanceof IOException failed ? failed : new IOException(e.toString(), e));
    } finally {
      stream = null;
      leave();
    }
  }

  private void noteOpen(BlobStream opened) {
    stream = opened;
    if (cancelled) {
      opened.close();
    }
  }

  private synchronized void publish(int count) {
    filled = count;
    notifyAll();
  }

  private synchronized void fail(IOException reason) {
    failure = reason;
    notifyAll();
  }

  /**
   * Returns what is there from a place in the range on, at least one byte, and waits for it.
   *
   * @throws IOException if it cannot be read
   */
  synchronized ByteBuffer await(int from) throws IOException {
    try {
      while (filled <= from) {
        if (failure != null) {
          throw failure;
        }
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for blob bytes from " + offset);
    }
    return block.bytes().slice(from, filled - from);
  }

  /** Ends the reading if it is still going on; whoever waits gets an error. */
  void abort() {
    cancelled = true;
    var open = stream;
    if (open != null) {
      open.close();
    }
    fail(new GivenUpException());
  }

  /** Ends reading and taking. For the thread that takes, once. */
  void close() {
    abort();
    leave();
  }

  private void leave() {
    if (users.decrementAndGet() == 0) {
      budget.giveBack(block);
    }
  }
}
