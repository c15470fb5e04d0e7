package dev.lazuli.bridge.kernel;

/** {@code setpriority(2)}, for threads: Linux gives each one its own nice value. */
public final class ThreadPriority {
  private static final int PRIO_PROCESS = 0; // uapi/linux/resource.h
  private static final int THIS_THREAD = 0;
  private static final int LEAST = 19;

  private static final CFunction SETPRIORITY = CFunction.ofInt("setpriority", 3);

  private ThreadPriority() {}

  /**
   * Lets the calling thread, a platform thread, have the processor when others leave it. It cannot
   * have it back: only privileged processes may raise a priority.
   *
   * @throws ErrnoException if the kernel refuses
   */
  public static void leastForThisThread() throws ErrnoException {
    Libc.check(
        state -> SETPRIORITY.call(state, PRIO_PROCESS, THIS_THREAD, LEAST), () -> "setpriority");
  }
}
