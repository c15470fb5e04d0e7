package dev.lazuli.bridge.kernel;

/** The system calls of this module as a whole. */
public final class SystemCalls {
  private SystemCalls() {}

  /**
   * Binds what the first mount will need now instead of then: it takes some hundredths of a second
   * of CPU time. Any thread.
   */
  public static void prepare() {
    var _ = PageSize.bytes();
    Mounts.prepare();
    FileDescriptor.prepare();
  }
}
