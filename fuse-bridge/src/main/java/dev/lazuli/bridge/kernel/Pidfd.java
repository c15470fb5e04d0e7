package dev.lazuli.bridge.kernel;

/**
 * A hold on one process ({@code pidfd_open(2)}), which stays the same process even when its number
 * is given to another. The numbers of the system calls are the same on every architecture.
 */
public final class Pidfd implements AutoCloseable {
  private static final long PIDFD_SEND_SIGNAL = 424;
  private static final long PIDFD_OPEN = 434;
  private static final long PIDFD_GETFD = 438;
  private static final long SIGKILL = 9;

  private static final CFunction SYSCALL = CFunction.ofLongVariadic("syscall", 1, 5);

  private final long pid;
  private final FileDescriptor descriptor;

  private Pidfd(long pid, FileDescriptor descriptor) {
    this.pid = pid;
    this.descriptor = descriptor;
  }

  /**
   * Takes hold of a process.
   *
   * @throws ErrnoException with {@link Errno#ESRCH} if there is none of that number, with {@link
   *     Errno#EINVAL} or {@link Errno#ENOENT}, by the kernel, if a thread has it that is not the
   *     first of its process
   */
  public static Pidfd open(long pid) throws ErrnoException {
    long number = call(PIDFD_OPEN, pid, 0, 0, "pidfd_open(" + pid + ", 0)");
    return new Pidfd(pid, FileDescriptor.own((int) number));
  }

  /**
   * Returns a descriptor of our own for what the process has open as {@code number}; closed on
   * exec.
   *
   * @throws ErrnoException with {@link Errno#EBADF} if it has no such descriptor, {@link
   *     Errno#EPERM} if we may not trace it
   */
  public FileDescriptor copyDescriptor(int number) throws ErrnoException {
    long copy =
        call(
            PIDFD_GETFD,
            descriptor.number(),
            number,
            0,
            "pidfd_getfd(process %d, %d, 0)".formatted(pid, number));
    return FileDescriptor.own((int) copy);
  }

  /**
   * Kills the process.
   *
   * @throws ErrnoException with {@link Errno#ESRCH} if it has ended
   */
  public void kill() throws ErrnoException {
    call(
        PIDFD_SEND_SIGNAL,
        descriptor.number(),
        SIGKILL,
        0,
        "pidfd_send_signal(process %d, SIGKILL)".formatted(pid));
  }

  /** Lets go of the process. */
  @Override
  public void close() {
    descriptor.close();
  }

  private static long call(long number, long whom, long what, long flags, String description)
      throws ErrnoException {
    return Libc.check(
        state -> SYSCALL.call(state, number, whom, what, flags, 0), () -> description);
  }
}
