package dev.lazuli.bridge.kernel;

/** {@code umask(2)}: the permissions that new files and directories of this process never get. */
public final class Umask {
  /** What group and others would get. */
  private static final int OTHERS = 0077;

  private static final CFunction UMASK = CFunction.ofInt("umask", 1);

  private Umask() {}

  /**
   * Makes what this process creates from now on private to its owner: files 0600, directories and
   * sockets 0700. Whoever wants more for a file says so by changing its mode. Holds for all
   * threads, and for processes started later.
   */
  public static void ownerOnly() {
    set(OTHERS);
  }

  /** Sets the mask and returns the one before. */
  static int set(int mask) {
    try {
      return (int) Libc.check(state -> UMASK.call(state, mask), () -> "umask");
    } catch (ErrnoException e) {
      throw new AssertionError("umask cannot fail", e);
    }
  }
}
