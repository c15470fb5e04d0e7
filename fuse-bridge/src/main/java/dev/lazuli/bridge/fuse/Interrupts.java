package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.ProcFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides which interrupted reads are given up.
 *
 * <p>The kernel reports any signal, once, and does not say which. Answering {@code EINTR} each time
 * would break programs: a timer's signal during a page fault would kill them with SIGBUS, and
 * runtimes that preempt their threads by signals would see failing reads. But a thread that is
 * being killed cannot die before its read was answered. So a read is given up when SIGKILL is
 * pending for its thread (the kernel turns every deadly signal into that); the others are looked at
 * again until they were answered.
 */
final class Interrupts {
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final long SIGKILL_BIT = 1L << (9 - 1);

  private final FuseConnection connection;
  private final List<PendingRead> watched = new ArrayList<>();
  private boolean watching;

  Interrupts(FuseConnection connection) {
    this.connection = connection;
  }

  /** Takes the report of a signal. */
  void interrupted(PendingRead read) {
    if (endIfKilled(read)) {
      return;
    }
    synchronized (watched) {
      watched.add(read);
      if (!watching) {
        Thread.ofVirtual().name(connection.name() + "-interrupts").start(this::watch);
        watching = true; // Not before: if there is no thread, the next signal tries again.
      }
    }
  }

  /** Returns how many reads are watched: a signal came for them that is not deadly. */
  int watched() {
    synchronized (watched) {
      return watched.size();
    }
  }

  private void watch() {
    while (true) {
      try {
        Thread.sleep(INTERVAL);
      } catch (InterruptedException e) {
        throw new AssertionError("this thread is never interrupted", e);
      }
      synchronized (watched) {
        watched.removeIf(this::endIfPossible);
        if (watched.isEmpty()) {
          watching = false;
          return;
        }
      }
    }
  }

  /** A failure does not end the watch: the read is looked at again until it was answered. */
  private boolean endIfPossible(PendingRead read) {
    try {
      return endIfKilled(read);
    } catch (Throwable e) { // Top of the thread.
      connection.log().warn("{}: an interrupted read: {}", connection.name(), e.toString());
      return !read.isWaiting();
    }
  }

  /** Gives the read up if its thread is dying; true if there is nothing more to watch. */
  private boolean endIfKilled(PendingRead read) {
    if (!read.isWaiting()) {
      return true;
    }
    if (!isKilled(read.pid())) {
      return false;
    }
    connection.giveUp(read);
    return true;
  }

  /**
   * Returns whether a thread is being killed. One that is gone, or that we cannot see, counts as
   * killed; one that cannot be looked at just now does not: it is looked at again.
   */
  static boolean isKilled(int pid) {
    Path thread = Path.of("/proc", Integer.toString(pid));
    try {
      return ProcFiles.lines(thread.resolve("status")).stream()
          .filter(line -> line.startsWith("SigPnd:") || line.startsWith("ShdPnd:"))
          .anyMatch(line -> (signals(line) & SIGKILL_BIT) != 0);
    } catch (IOException e) {
      return Files.notExists(thread);
    }
  }

  private static long signals(String line) {
    return Long.parseUnsignedLong(line.substring(line.indexOf(':') + 1).strip(), 16);
  }
}
