package dev.lazuli.snapshotter.knowledge;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes indexes one after another, in the order of pulls, on a thread that ends when it is idle. A
 * node can do without an index: what cannot be written now is left out. Thread-safe.
 */
public final class IndexThread implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(IndexThread.class);
  private static final int IDLE_SECONDS = 10;
  private static final int END_SECONDS = 10;

  private record Task(Runnable work, Runnable otherwise) implements Runnable {
    @Override
    public void run() {
      work.run();
    }
  }

  private final ThreadPoolExecutor thread;

  /**
   * Starts no thread yet.
   *
   * @param name of the thread
   * @param mostWaiting tasks that may wait
   */
  public IndexThread(String name, int mostWaiting) {
    this(mostWaiting, Thread.ofPlatform().daemon().name(name).factory());
  }

  IndexThread(int mostWaiting, ThreadFactory threads) {
    this.thread =
        new ThreadPoolExecutor(
            0, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(mostWaiting), threads);
  }

  /**
   * Runs a task when it is its turn.
   *
   * @param otherwise is run instead, once, if the task never will be: too many wait, no thread can
   *     be had, or this is closed before its turn
   */
  public void run(Runnable task, Runnable otherwise) {
    var both = new Task(task, otherwise);
    try {
      thread.execute(both);
    } catch (RejectedExecutionException e) {
      otherwise.run();
    } catch (OutOfMemoryError e) { // The kernel's limit of threads, not memory as a rule.
      // It has been queued by then, and may have found a thread after all.
      if (thread.remove(both)) {
        otherwise.run();
      }
    }
  }

  /** Drops what waits, and waits a while for the index that is being written. */
  @Override
  public void close() {
    thread.shutdownNow().forEach(dropped -> ((Task) dropped).otherwise().run());
    try {
      if (!thread.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        log.warn("an index is still being written");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
