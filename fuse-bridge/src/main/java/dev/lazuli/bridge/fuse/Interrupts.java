package dev.lazuli.bridge.fuse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides which interrupted reads are given up.
 *
 * <p>The kernel reports any signal, once, and does not say which. To answer {@code EINTR} to each
 * would break programs: a timer's signal during a page fault would kill them with SIGBUS, and
 * runtimes that preempt their threads by signals would see failing reads. But a thread that is
 * being killed cannot die before its read was answered. So a read is given up when SIGKILL is
 * pending for its thread (the kernel turns every deadly signal into that); the others are looked at
 * again until they were answered.
 */
final class Interrupts {
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final long SIGKILL_BIT = 1L << (9 - 1);

  private final Connection connection;
  private final List<PendingRead> watched = new ArrayList<>();
  private boolean watching;

  Interrupts(Connection connection) {
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
        watching = true;
        Thread.ofVirtual().name(connection.name() + "-interrupts").start(this::watch);
      }
    }
  }

  private void watch() {
    while (true) {
      try {
        Thread.sleep(INTERVAL);
      } catch (InterruptedException e) {
        throw new AssertionError("nobody interrupts this thread", e);
      }
      synchronized (watched) {
        watched.removeIf(this::endIfKilled);
        if (watched.isEmpty()) {
          watching = false;
          return;
        }
      }
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

  /** Returns if a thread is being killed; so we assume of one that we cannot see. */
  private static boolean isKilled(int pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc", Integer.toString(pid), "status"))) {
        if ((line.startsWith("SigPnd:") || line.startsWith("ShdPnd:"))
            && (Long.parseUnsignedLong(line.substring(7).strip(), 16) & SIGKILL_BIT) != 0) {
          return true;
        }
      }
      return false;
    } catch (IOException | NumberFormatException e) {
      return true;
    }
  }
}
