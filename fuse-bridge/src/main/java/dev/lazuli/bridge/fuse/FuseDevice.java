package dev.lazuli.bridge.fuse;

import java.lang.foreign.MemorySegment;

/** Where requests come from and replies go: {@code /dev/fuse}, or a test. */
interface FuseDevice {
  /** Reads one message; returns its length or {@code -errno}. Blocks while there is none. */
  long read(MemorySegment into, MemorySegment callState);

  /** Writes one message; returns its length or {@code -errno}. */
  long write(MemorySegment message, MemorySegment callState);
}
