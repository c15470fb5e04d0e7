package dev.lazuli.bridge.kernel;

/** The system calls of this module as a whole. */
public final class SystemCalls {
  private SystemCalls() {}

  /**
   * Binds all of them now, which takes a processor a good part of a tenth of a second, instead of
   * when the first is needed. Any thread.
   */
  public static void prepare() {
    var _ = PageSize.bytes();
  }
}
