package dev.lazuli.bridge.kernel;

import java.lang.foreign.Arena;

/** The machine's page size: 4 KiB on x86-64; 4, 16 or 64 KiB on aarch64. */
public final class PageSize {
  private static final int BYTES = ask();

  private PageSize() {}

  /** Returns the page size in bytes. */
  public static int bytes() {
    return BYTES;
  }

  private static int ask() {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          Libc.run(state -> (int) Libc.GETPAGESIZE.invokeExact(state), Libc.newCallState(arena));
    }
  }
}
