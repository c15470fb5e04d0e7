package dev.lazuli.snapshotter.start;

import java.util.concurrent.atomic.AtomicLong;

/** What one head start has left of its {@link StartLimits}. Safe for use by several threads. */
final class StartBudget {
  private final StartLimits limits;
  private final AtomicLong blobBytes;
  private final AtomicLong lookUps;
  private final AtomicLong textBytes;
  private final AtomicLong files;
  private final AtomicLong libraries;
  private final AtomicLong modules;
  private volatile boolean ended;

  StartBudget(StartLimits limits) {
    this.limits = limits;
    this.blobBytes = new AtomicLong(limits.blobBytes());
    this.lookUps = new AtomicLong(limits.lookUps());
    this.textBytes = new AtomicLong(limits.textBytes());
    this.files = new AtomicLong(limits.files());
    this.libraries = new AtomicLong(limits.libraries());
    this.modules = new AtomicLong(limits.modules());
  }

  StartLimits limits() {
    return limits;
  }

  /** Ends the head start: nothing is left from now on. */
  void end() {
    ended = true;
  }

  boolean hasEnded() {
    return ended;
  }

  /** Takes bytes of blobs, if there are enough left. */
  boolean takeBlobBytes(long bytes) {
    return take(blobBytes, bytes);
  }

  /** Takes one look-up. */
  boolean takeLookUp() {
    return take(lookUps, 1);
  }

  /** Returns whether look-ups are left; asked before work that comes ahead of them. */
  boolean hasLookUps() {
    return !ended && lookUps.get() > 0;
  }

  /** Takes one file and the memory for its path. */
  boolean takeFile(String path) {
    return take(files, 1) && takeText(path);
  }

  /** Takes one library and the memory for its name. */
  boolean takeLibrary(String name) {
    return take(libraries, 1) && takeText(name);
  }

  /** Takes one module and the memory for its name. */
  boolean takeModule(String name) {
    return take(modules, 1) && takeText(name);
  }

  private boolean takeText(String text) {
    return take(textBytes, 2L * text.length());
  }

  private boolean take(AtomicLong left, long amount) {
    if (ended) {
      return false;
    }
    if (left.addAndGet(-amount) >= 0) {
      return true;
    }
    left.addAndGet(amount);
    return false;
  }

  /** Returns how many look-ups were made. */
  long lookUps() {
    return limits.lookUps() - lookUps.get();
  }

  /** Returns how many files were asked for. */
  int files() {
    return (int) (limits.files() - files.get());
  }
}
