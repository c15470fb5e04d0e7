package dev.lazuli.bridge.fuse;

import java.lang.foreign.MemorySegment;

/** Where requests come from and replies go: {@code /dev/fuse}, or a test. */
interface FuseDevice {
  /**
   * Reads one message. Blocks while there is none, but may also return {@code -EAGAIN} or {@code
   * -EINTR} then, to be called again.
   *
   * @return its length or {@code -errno}
   */
  long read(MemorySegment into, MemorySegment callState);

  /** Writes one message; returns its length or {@code -errno}. */
  long write(MemorySegment message, MemorySegment callState);

  /** Keeps reads from blocking from now on, where the device can do that. */
  default void wakeReaders() {}
}
