package dev.lazuli.snapshotter.start;

import java.util.concurrent.atomic.LongAdder;

/** How often the {@link ReadChain}s of a node were right. Thread-safe. */
public final class ReadTally {
  private final LongAdder named = new LongAdder();
  private final LongAdder read = new LongAdder();

  /** A chunk was named as one that will be read. */
  void named() {
    named.increment();
  }

  /** A chunk that was named has been read. */
  void read() {
    read.increment();
  }

  /** Returns how many chunks were named so far. */
  public long namedChunks() {
    return named.sum();
  }

  /** Returns how many of these were read so far. */
  public long readChunks() {
    return read.sum();
  }
}
