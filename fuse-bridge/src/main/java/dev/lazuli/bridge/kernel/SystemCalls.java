package dev.lazuli.bridge.kernel;

/** The system calls of this module as a whole. */
public final class SystemCalls {
  private SystemCalls() {}

  /**
   * Binds now what the first mount will need, which takes a processor some hundredths of a second,
   * instead of when it needs them. Any thread.
   */
  public static void prepare() {
    var _ = PageSize.bytes();
    Mounts.prepare();
    FileDescriptor.prepare();
  }
}
