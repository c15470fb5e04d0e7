package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file descriptor and its owner. The owner must make sure that no one uses the descriptor
 * when it is closed: the kernel may give the number to someone else at once.
 *
 * <p>Reads and writes may block and are for platform threads; they return {@code -errno} instead of
 * throwing, because to their callers errors are ordinary answers.
 */
public final class FileDescriptor implements AutoCloseable {
  public static final int O_RDONLY = 0;
  public static final int O_RDWR = 2;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;

  private static final int F_SETFD = 2;
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final long FD_CLOEXEC = 1;

  /** {@code struct pollfd}: fd, events, revents. */
  private static final int POLLFD_SIZE = 8;

  private static final int POLLFD_EVENTS = 4;
  private static final int POLLFD_REVENTS = 6;
  private static final int POLLIN = 1;
  private static final int POLLERR = 8;
  private static final int POLLHUP = 16;
  private static final int POLLNVAL = 32;

  private static final CFunction OPEN = CFunction.ofIntVariadic("open", 2, 2);
  private static final CFunction IOCTL = CFunction.ofIntVariadic("ioctl", 2, 3);
  private static final CFunction FCNTL = CFunction.ofIntVariadic("fcntl", 2, 3);
  private static final CFunction POLL = CFunction.ofInt("poll", 3);
  private static final CFunction CLOSE = CFunction.ofInt("close", 1);

  /**
   * These two take the segment itself: it is alive until the call is over even where the garbage
   * collector decides when it is freed.
   */
  private static final MethodHandle READ =
      Libc.bind("read", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG));

  private static final MethodHandle WRITE =
      Libc.bind("write", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG));

  private final int number;
  private final AtomicBoolean closed = new AtomicBoolean();

  private FileDescriptor(int number) {
    this.number = number;
  }

  /** Binds the functions, by being called. */
  static void prepare() {}

  /** Takes over a descriptor that somebody else opened for us. */
  public static FileDescriptor own(int number) {
    return new FileDescriptor(number);
  }

  /**
   * Opens an existing file.
   *
   * @param flags {@code O_*} bits
   * @throws ErrnoException if the kernel refuses
   */
  public static FileDescriptor open(Path path, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cPath = arena.allocateFrom(path.toString());
      long number =
          Libc.check(
              state -> OPEN.call(state, cPath.address(), flags),
              () -> "open(\"%s\", 0x%x)".formatted(path, flags));
      return new FileDescriptor((int) number);
    }
  }

  /** Opens an existing file by a path as {@link RawPaths} has it. */
  static FileDescriptor openRaw(String path, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cPath = arena.allocateFrom(path, ISO_8859_1);
      long number =
          Libc.check(
              state -> OPEN.call(state, cPath.address(), flags),
              () -> "open(\"%s\", 0x%x)".formatted(path, flags));
      return new FileDescriptor((int) number);
    }
  }

  /** Returns the number, as {@code fd=} options and {@code /proc/self/fd} want it. */
  public int number() {
    return number;
  }

  /** Returns memory for the {@code errno} of one thread's (or one lock's) reads and writes. */
  public static MemorySegment newCallState(Arena arena) {
    return Libc.newCallState(arena);
  }

  /**
   * Reads once into a native segment.
   *
   * @param callState from {@link #newCallState}, used by one thread at a time
   * @return the number of bytes read, 0 at the end, or {@code -errno}
   */
  public long read(MemorySegment into, MemorySegment callState) {
    try {
      long count = (long) READ.invokeExact(callState, (long) number, into, into.byteSize());
      return count < 0 ? -Libc.errno(callState) : count;
    } catch (Throwable e) {
      throw Libc.unexpected(e);
    }
  }

  /**
   * Writes a native segment once.
   *
   * @param callState from {@link #newCallState}, used by one thread at a time
   * @return the number of bytes written, or {@code -errno}
   */
  public long write(MemorySegment from, MemorySegment callState) {
    try {
      long count = (long) WRITE.invokeExact(callState, (long) number, from, from.byteSize());
      return count < 0 ? -Libc.errno(callState) : count;
    } catch (Throwable e) {
      throw Libc.unexpected(e);
    }
  }

  /**
   * Runs an {@code ioctl(2)} whose argument is a number.
   *
   * @return what the kernel returned, not negative
   * @throws ErrnoException if the kernel refuses
   */
  public int ioctl(long request, long argument) throws ErrnoException {
    return (int)
        Libc.check(
            state -> IOCTL.call(state, number, request, argument),
            () -> "ioctl(%d, 0x%x, 0x%x)".formatted(number, request, argument));
  }

  /** Runs an {@code ioctl(2)} whose argument is a native struct; see {@link #ioctl(long, long)}. */
  public int ioctl(long request, MemorySegment argument) throws ErrnoException {
    return ioctl(request, argument.address());
  }

  /**
   * Returns whether {@code poll(2)} reports an error or a hang-up: for {@code /dev/fuse}, that the
   * connection has ended; for a pipe's end, that the other is closed.
   *
   * @throws ErrnoException if the kernel refuses
   */
  public boolean hasFailed() throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pollfd = arena.allocate(POLLFD_SIZE, Integer.BYTES);
      pollfd.set(JAVA_INT, 0, number);
      Libc.check(
          state -> POLL.call(state, pollfd.address(), 1, 0), () -> "poll(%d)".formatted(number));
      return (pollfd.get(JAVA_SHORT, POLLFD_REVENTS) & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    }
  }

  /**
   * Waits until this one or another can be read, or has an error or its end to report. Blocks, like
   * {@link #read}.
   *
   * @param callState from {@link #newCallState}, used by one thread at a time
   * @return 0, or {@code -errno}
   */
  public long awaitReadable(FileDescriptor other, MemorySegment callState) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pollfds = arena.allocate(2 * POLLFD_SIZE, Integer.BYTES);
      pollfds.set(JAVA_INT, 0, number);
      pollfds.set(JAVA_SHORT, POLLFD_EVENTS, (short) POLLIN);
      pollfds.set(JAVA_INT, POLLFD_SIZE, other.number);
      pollfds.set(JAVA_SHORT, POLLFD_SIZE + POLLFD_EVENTS, (short) POLLIN);
      long count = POLL.call(callState, pollfds.address(), 2, -1);
      return count < 0 ? -Libc.errno(callState) : 0;
    }
  }

  /**
   * Returns another descriptor of the same open file, closed on exec.
   *
   * @param lowest the least number that it may have
   * @throws ErrnoException if the kernel refuses
   */
  public FileDescriptor duplicate(int lowest) throws ErrnoException {
    return new FileDescriptor(
        (int)
            Libc.check(
                state -> FCNTL.call(state, number, F_DUPFD_CLOEXEC, lowest),
                () -> "fcntl(%d, F_DUPFD_CLOEXEC, %d)".formatted(number, lowest)));
  }

  /** Keeps programs that this process starts from inheriting the descriptor. */
  public void closeOnExec() throws ErrnoException {
    Libc.check(
        state -> FCNTL.call(state, number, F_SETFD, FD_CLOEXEC),
        () -> "fcntl(%d, F_SETFD, FD_CLOEXEC)".formatted(number));
  }

  /** Closes the descriptor; again does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try (Arena arena = Arena.ofConfined()) {
        // Linux frees the number whatever close(2) returns, and we write no files here.
        var _ = CLOSE.call(Libc.newCallState(arena), number);
      }
    }
  }

  @Override
  public String toString() {
    return "fd " + number;
  }
}
