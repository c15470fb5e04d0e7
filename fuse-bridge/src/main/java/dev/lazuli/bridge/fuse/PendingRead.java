package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One READ that the kernel waits for, or another request whose answer has a known length. Whoever
 * moves it out of {@link #WAITING} first, the handler or an interruption, owns the one reply.
 */
final class PendingRead implements ReadReply {
  private static final int WAITING = 0;
  private static final int ANSWERED = 1;
  private static final int GIVEN_UP = 2;

  private final FuseConnection connection;
  private final long unique;
  private final int pid;
  private final long slot;
  private final long offset;
  private final int length;
  private final Thread loopThread;
  private final AtomicInteger state = new AtomicInteger(WAITING);
  private final AtomicReference<@Nullable Runnable> interruptAction = new AtomicReference<>();

  /** The loop's own buffer, while the loop waits for the handler to return. */
  private @Nullable ReplyBuffer loopBuffer;

  PendingRead(
      FuseConnection connection,
      FuseRequest request,
      long slot,
      long offset,
      int length,
      ReplyBuffer loopBuffer) {
    this.connection = connection;
    this.unique = request.unique();
    this.pid = request.pid();
    this.slot = slot;
    this.offset = offset;
    this.length = length;
    this.loopThread = Thread.currentThread();
    this.loopBuffer = loopBuffer;
  }

  /** Asks the handler, on the loop's thread; afterwards a reply is a deferred one. */
  void start(BlobHandler handler) {
    if (connection.isFailing(slot)) {
      fail(Errno.EIO);
      return;
    }
    start(reply -> handler.read(slot, offset, length, reply));
  }

  /** Does the same for any other request: {@code handler} finds the answer, now or later. */
  void start(Consumer<ReadReply> handler) {
    try {
      handler.accept(this);
    } catch (Throwable e) {
      connection.log().error("{} failed to start", this, e);
      if (state.compareAndSet(WAITING, ANSWERED)) {
        connection.reply(unique, -Errno.EIO);
      }
    } finally {
      loopBuffer = null;
    }
    if (state.get() == WAITING) {
      connection.defer(this);
    }
  }

  @Override
  public void send(ContentReader reader) {
    ReplyBuffer own = ownBuffer();
    if (own == null) {
      connection.replyDeferred(this, reader);
    } else if (takeAnswer()) {
      own.write(connection.device(), unique, fill(own, reader));
    }
  }

  /** Returns the loop's buffer if this is the loop's thread, and it still waits for the handler. */
  private @Nullable ReplyBuffer ownBuffer() {
    return Thread.currentThread().equals(loopThread) ? loopBuffer : null;
  }

  @Override
  public boolean offer(ContentReader reader) {
    if (!isWaiting()) {
      return true;
    }
    ReplyBuffer own = ownBuffer();
    return own == null ? connection.offerDeferred(this, reader) : offer(own, reader);
  }

  /**
   * Fills the buffer before claiming the answer, so that the read can go on waiting if that fails.
   */
  boolean offer(ReplyBuffer buffer, ContentReader reader) {
    int filled;
    try {
      reader.read(buffer.body().asSlice(0, length), offset);
      filled = length;
    } catch (ContentGoneException e) {
      return !isWaiting();
    } catch (Throwable e) {
      connection.log().warn("{}: answered with EIO", this, e);
      filled = -Errno.EIO;
    }
    if (takeAnswer()) {
      connection.forget(this);
      buffer.write(connection.device(), unique, filled);
    }
    return true;
  }

  @Override
  public void fail(int errno) {
    if (errno <= 0) {
      throw new IllegalArgumentException("errno " + errno);
    }
    connection.replyDeferred(this, errno);
  }

  @Override
  public void onInterrupt(Runnable action) {
    interruptAction.set(action);
    if (state.get() == GIVEN_UP) {
      runInterruptAction();
    }
  }

  /** Ends the wait without an answer of the handler; false if it has answered. */
  boolean giveUp() {
    if (!state.compareAndSet(WAITING, GIVEN_UP)) {
      return false;
    }
    connection.forget(this);
    runInterruptAction();
    return true;
  }

  /** Fills the buffer's body; returns what {@link ReplyBuffer#write} takes. */
  int fill(ReplyBuffer buffer, ContentReader reader) {
    try {
      reader.read(buffer.body().asSlice(0, length), offset);
      return length;
    } catch (Throwable e) {
      connection.log().warn("{}: answered with EIO", this, e);
      return -Errno.EIO;
    }
  }

  boolean isWaiting() {
    return state.get() == WAITING;
  }

  long unique() {
    return unique;
  }

  long slot() {
    return slot;
  }

  int pid() {
    return pid;
  }

  @Override
  public String toString() {
    return "read of slot %d, offset %d, %d bytes".formatted(slot, offset, length);
  }

  /**
   * Takes the right to answer.
   *
   * @return false if the read was given up
   * @throws IllegalStateException if it was answered before
   */
  boolean takeAnswer() {
    int before = state.compareAndExchange(WAITING, ANSWERED);
    if (before == ANSWERED) {
      throw new IllegalStateException(this + " was answered before");
    }
    return before == WAITING;
  }

  private void runInterruptAction() {
    Runnable action = interruptAction.getAndSet(null);
    if (action != null) {
      try {
        action.run();
      } catch (RuntimeException e) {
        connection.log().error("{}: the action on interrupt failed", this, e);
      }
    }
  }
}
