package dev.lazuli.snapshotter.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.snapshotter.fetch.plan.StreamEnded;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Ends a stream from outside, also while its thread waits for the network: whoever kills it closes
 * the body, or interrupts the opening of one. Thread-safe.
 */
final class KillSwitch {
  /** What may wait for the network until it has opened something. */
  @FunctionalInterface
  interface Opening<T extends @Nullable Object> {
    T open() throws IOException;
  }

  @GuardedBy("this")
  private @Nullable Thread opener;

  @GuardedBy("this")
  private @Nullable Runnable closing;

  private volatile @Nullable IOException killed;

  /** Ends the stream; the first reason counts. */
  synchronized void kill(IOException reason) {
    if (killed == null) {
      killed = reason;
    }
    if (closing != null) {
      closing.run();
    }
    if (opener != null) {
      opener.interrupt();
    }
  }

  boolean isKilled() {
    return killed != null;
  }

  /** Returns why the stream failed, which is not what closing it has caused; null if it did not. */
  @Nullable Throwable reason(Throwable e) {
    Throwable reason = killed != null ? killed : e;
    return reason instanceof StreamEnded ? null : reason;
  }

  /** Opens something, so that {@link #kill} can end that. */
  <T extends @Nullable Object> T opening(Opening<T> what) throws IOException {
    synchronized (this) {
      if (killed != null) {
        throw killed;
      }
      opener = Thread.currentThread();
    }
    try {
      return what.open();
    } finally {
      endOpening();
    }
  }

  private synchronized void endOpening() {
    opener = null;
    Thread.interrupted(); // One that came from kill; it must not reach the files.
  }

  /** Takes what closes a body: {@link #kill} runs it from now on. */
  synchronized void opened(Runnable closesBody) {
    closing = closesBody;
    if (killed != null) {
      closesBody.run();
    }
  }

  /** The body is closed by its reader. */
  synchronized void bodyClosed() {
    closing = null;
  }
}
