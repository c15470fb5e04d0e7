package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.FileDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code /dev/fuse} as several threads use it: closed when the owner has called {@link #close} and
 * the last call in progress has ended, so that no late reply can go to a descriptor number that
 * means something else by then. Calls after {@code close} give {@code EBADF}.
 */
final class SharedDevice implements FuseDevice, AutoCloseable {
  private static final int CLOSED = Integer.MIN_VALUE / 2;

  private final FileDescriptor descriptor;

  /** Calls in progress, plus {@link #CLOSED} once the owner has closed. */
  private final AtomicInteger users = new AtomicInteger();

  SharedDevice(FileDescriptor descriptor) {
    this.descriptor = descriptor;
  }

  /** Returns the descriptor, for those who keep it; it stays the owner's. */
  FileDescriptor descriptor() {
    return descriptor;
  }

  @Override
  public long read(MemorySegment into, MemorySegment callState) {
    if (!enter()) {
      return -Errno.EBADF;
    }
    try {
      return descriptor.read(into, callState);
    } finally {
      leave();
    }
  }

  @Override
  public long write(MemorySegment message, MemorySegment callState) {
    if (!enter()) {
      return -Errno.EBADF;
    }
    try {
      return descriptor.write(message, callState);
    } finally {
      leave();
    }
  }

  @Override
  public void close() {
    int before = users.getAndUpdate(count -> count < 0 ? count : count + CLOSED);
    if (before == 0) {
      descriptor.close();
    }
  }

  /** Returns whether a call is in progress. */
  boolean inUse() {
    int count = users.get();
    return (count < 0 ? count - CLOSED : count) > 0;
  }

  private boolean enter() {
    return users.getAndUpdate(count -> count < 0 ? count : count + 1) >= 0;
  }

  private void leave() {
    if (users.decrementAndGet() == CLOSED) {
      descriptor.close();
    }
  }
}
