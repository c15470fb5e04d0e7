package dev.lazuli.registry.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread end whatever another waits for in a call: a pause, a free connection, or a
 * response. Belongs to one caller, who does one thing at a time. {@link #abort} may come from any
 * thread.
 */
public final class Abort {
  private final CountDownLatch aborted = new CountDownLatch(1);
  private @Nullable Runnable waiter;

  /** Registers what ends the present wait; runs it at once if it is too late. */
  public void attach(Runnable end) {
    synchronized (this) {
      if (aborted.getCount() > 0) {
        waiter = end;
        return;
      }
    }
    end.run();
  }

  /** Ends the present wait and all later ones. Idempotent. */
  public void abort() {
    Runnable end;
    synchronized (this) {
      aborted.countDown();
      end = waiter;
      waiter = null;
    }
    if (end != null) {
      end.run();
    }
  }

  /** Returns whether {@link #abort} was called. */
  public boolean isAborted() {
    return aborted.getCount() == 0;
  }

  /** Waits, unless aborted. */
  public void pause(Duration wait) throws IOException {
    try {
      if (aborted.await(wait.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IOException("closed while waiting to try again");
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  /** Interrupts this thread again, and returns the exception that says so. */
  public static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted");
  }
}
