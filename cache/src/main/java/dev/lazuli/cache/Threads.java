package dev.lazuli.cache;

import org.jspecify.annotations.Nullable;

/** Waits for threads to end. */
final class Threads {
  private Threads() {}

  /** Waits for {@code thread} unless this one is interrupted. */
  static void join(@Nullable Thread thread) {
    try {
      if (thread != null) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
