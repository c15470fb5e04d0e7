package dev.lazuli.bridge.kernel;

import java.io.IOException;

/** A system call that failed: the call with its arguments, and the error number it left. */
public final class ErrnoException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * Makes the exception for a failed call.
   *
   * @param call the call as one would write it in C, with the values of its arguments
   * @param errno the positive error number
   */
  public ErrnoException(String call, int errno) {
    super(call + ": " + Errno.name(errno));
    this.errno = errno;
  }

  /** Returns the positive error number, one of {@link Errno}'s or another of the kernel's. */
  public int errno() {
    return errno;
  }
}
