package dev.lazuli.registry.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One request's response on its way from the event loop to its reader: the head, then pieces of the
 * body, then the end or a failure.
 *
 * <p>Back-pressure: the socket is read only while fewer than {@value #QUEUED_PIECES} pieces wait
 * here. One read is one receive buffer, so an exchange holds at most the piece being read, two
 * waiting and one lent: four receive buffers. (With TLS a buffer may arrive as several pieces.)
 */
public final class Exchange {
  private static final int QUEUED_PIECES = 2;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<ByteBuf> pieces = new ArrayDeque<>();
  private @Nullable HttpResponse head;
  private @Nullable IOException failure;
  private @Nullable Carrier carrier;
  private boolean complete;
  private boolean closed;
  private boolean paused;

  /** What an exchange runs on. Any thread may call it; neither call waits. */
  interface Carrier {
    /** Reads on, after {@link #wantsMore} said that it should not. */
    void readMore();

    /** Ends an exchange that its reader no longer needs. */
    void abandon(Exchange left);
  }

  /** Sets whom to ask for more and whom to give back to. Called first. */
  void startedOn(Carrier by) {
    lock.lock();
    try {
      carrier = by;
    } finally {
      lock.unlock();
    }
  }

  // ---- event loop ----

  void onHead(HttpResponse response) {
    lock.lock();
    try {
      head = response;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes a piece and its reference; drops it if the reader has gone. */
  public void onPiece(ByteBuf piece) {
    lock.lock();
    try {
      if (!closed && piece.isReadable()) {
        pieces.add(piece);
        changed.signalAll();
        return;
      }
    } finally {
      lock.unlock();
    }
    piece.release();
  }

  /** Returns whether the socket is to be read on; if not, {@link #take} asks for it later. */
  boolean wantsMore() {
    lock.lock();
    try {
      paused = !closed && pieces.size() >= QUEUED_PIECES;
      return !paused;
    } finally {
      lock.unlock();
    }
  }

  /** Notes that the body is complete. */
  public void onEnd() {
    lock.lock();
    try {
      complete = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the exchange with an error; what was received before stays readable. */
  void onFailure(IOException cause) {
    lock.lock();
    try {
      if (!complete && failure == null) {
        failure = cause;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  // ---- reader ----

  /** Waits for the response's head. */
  HttpResponse awaitHead(Duration timeout) throws IOException {
    lock.lock();
    try {
      long left = timeout.toNanos();
      while (head == null) {
        throwIfEnded();
        if (left <= 0) {
          throw new IOException("no response within " + timeout.toMillis() + " ms");
        }
        left = await(left);
      }
      return head;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the next piece, which the caller then owns; null at the end of the body. */
  @Nullable ByteBuf take(Duration idle) throws IOException {
    lock.lock();
    try {
      long left = idle.toNanos();
      while (pieces.isEmpty()) {
        if (complete && !closed) {
          return null;
        }
        throwIfEnded();
        if (left <= 0) {
          throw new IOException("no data for " + idle.toMillis() + " ms");
        }
        left = await(left);
      }
      ByteBuf piece = pieces.remove();
      if (paused && pieces.size() < QUEUED_PIECES && carrier != null) {
        paused = false;
        carrier.readMore();
      }
      return piece;
    } finally {
      lock.unlock();
    }
  }

  /** Drops what was not taken and gives the connection back. Any thread; idempotent. */
  void close() {
    Carrier used;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      pieces.forEach(ByteBuf::release);
      pieces.clear();
      changed.signalAll();
      used = complete ? null : carrier;
    } finally {
      lock.unlock();
    }
    if (used != null) {
      used.abandon(this);
    }
  }

  /**
   * Returns whether the request can be dropped because the response has begun or the exchange has
   * failed.
   */
  boolean isAnswered() {
    lock.lock();
    try {
      return head != null || failure != null || closed;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the connection failed before the response began. */
  boolean isBroken() {
    lock.lock();
    try {
      return failure != null && head == null;
    } finally {
      lock.unlock();
    }
  }

  private void throwIfEnded() throws IOException {
    if (closed) {
      throw new IOException("closed");
    }
    if (failure != null) {
      throw new IOException(failure.getMessage(), failure);
    }
  }

  @SuppressWarnings("WaitNotInLoop") // its callers loop
  private long await(long nanos) throws InterruptedIOException {
    try {
      return changed.awaitNanos(nanos);
    } catch (InterruptedException e) {
      throw Abort.interrupted();
    }
  }
}
