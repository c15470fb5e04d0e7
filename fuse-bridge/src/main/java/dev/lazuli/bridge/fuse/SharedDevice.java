package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileDescriptor;
import dev.lazuli.bridge.kernel.Pipe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * {@code /dev/fuse} as several threads use it: closed when the owner has called {@link #close} and
 * the last call in progress has ended, so that no late reply can go to a descriptor number that
 * means something else by then. Calls after {@code close} give {@code EBADF}.
 */
final class SharedDevice implements FuseDevice, AutoCloseable {
  private static final Path DEVICE = Path.of("/dev/fuse");
  private static final int CLOSED = Integer.MIN_VALUE / 2;

  private final FileDescriptor kept;
  private final FileDescriptor used;

  /**
   * Its write end is closed to wake the threads that wait to read; null if they cannot be woken.
   */
  private final @Nullable Pipe wake;

  /** Calls in progress, plus {@link #CLOSED} once the owner has closed. */
  private final AtomicInteger users = new AtomicInteger();

  /** Makes a device that a thread, once it waits to read, is only woken from by a request. */
  SharedDevice(FileDescriptor descriptor) {
    this(descriptor, descriptor, null);
  }

  private SharedDevice(FileDescriptor kept, FileDescriptor used, @Nullable Pipe wake) {
    this.kept = kept;
    this.used = used;
    this.wake = wake;
  }

  /** Opens a device that is to be mounted. */
  static SharedDevice open() throws ErrnoException {
    return new SharedDevice(
        FileDescriptor.open(DEVICE, FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC));
  }

  /**
   * Returns a device that serves the same connection by a clone of its own, and whose readers can
   * be woken. The kernel fails the requests that were read from a clone, and were not answered, as
   * soon as the clone is closed, which the end of this process does too; those that nobody has read
   * stay in the queue of the connection.
   *
   * <p>This device belongs to the clone from then on, and must not be used by itself.
   *
   * @throws ErrnoException if the kernel refuses; then this device is as it was
   */
  SharedDevice cloned() throws ErrnoException {
    Pipe pipe = Pipe.open();
    FileDescriptor clone = null;
    boolean done = false;
    try (Arena arena = Arena.ofConfined()) {
      clone =
          FileDescriptor.open(
              DEVICE, FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC | FileDescriptor.O_NONBLOCK);
      clone.ioctl(Protocol.DEV_IOC_CLONE, arena.allocateFrom(JAVA_INT, kept.number()));
      done = true;
      return new SharedDevice(kept, clone, pipe);
    } finally {
      if (!done) {
        pipe.close();
        if (clone != null) {
          clone.close();
        }
      }
    }
  }

  /** Returns the connection's first descriptor, for those who keep it; it stays the owner's. */
  FileDescriptor descriptor() {
    return kept;
  }

  @Override
  public long read(MemorySegment into, MemorySegment callState) {
    if (!enter()) {
      return -Errno.EBADF;
    }
    try {
      long count = used.read(into, callState);
      if (count != -Errno.EAGAIN || wake == null) {
        return count;
      }
      long waited = used.awaitReadable(wake.readEnd(), callState);
      return waited < 0 ? waited : -Errno.EAGAIN;
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
      return used.write(message, callState);
    } finally {
      leave();
    }
  }

  @Override
  public void wakeReaders() {
    if (wake != null) {
      wake.writeEnd().close();
    }
  }

  @Override
  public void close() {
    wakeReaders();
    int before = users.getAndUpdate(count -> count < 0 ? count : count + CLOSED);
    if (before == 0) {
      closeAll();
    }
  }

  private void closeAll() {
    used.close();
    kept.close();
    if (wake != null) {
      wake.close();
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
      closeAll();
    }
  }
}
