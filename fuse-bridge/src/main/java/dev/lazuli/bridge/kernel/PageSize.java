package dev.lazuli.bridge.kernel;

import java.lang.foreign.Arena;

/** The machine's page size: 4 KiB on x86-64; 4, 16 or 64 KiB on aarch64. */
public final class PageSize {
  /** {@code _SC_PAGESIZE} of {@code <unistd.h>}; the same with glibc and musl. */
  private static final int SC_PAGESIZE = 30;

  private static final int BYTES = ask();

  private PageSize() {}

  /** Returns the page size in bytes. */
  public static int bytes() {
    return BYTES;
  }

  private static int ask() {
    try (Arena arena = Arena.ofConfined()) {
      return (int) CFunction.ofLong("sysconf", 1).call(Libc.newCallState(arena), SC_PAGESIZE);
    }
  }
}
