package dev.lazuli.bridge.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Large buffers that are rarely filled: zeroed like an arena's memory, but by the kernel, page by
 * page as they are touched. An arena writes zeros over all of it, and all of it is resident then.
 */
public final class UntouchedMemory {
  private static final CFunction CALLOC = CFunction.ofLong("calloc", 2);
  private static final CFunction FREE = CFunction.ofLong("free", 1);

  private UntouchedMemory() {}

  /**
   * Returns new memory that is freed when nothing refers to it any more.
   *
   * @param alignment a power of two
   */
  @SuppressWarnings("restricted")
  public static MemorySegment allocate(long bytes, long alignment) {
    Arena arena = Arena.ofAuto();
    long whole = bytes + alignment;
    long address = CALLOC.call(Libc.newCallState(arena), 1, whole);
    if (address == 0) {
      throw new OutOfMemoryError("calloc of " + whole + " bytes");
    }
    MemorySegment memory =
        MemorySegment.ofAddress(address).reinterpret(whole, arena, UntouchedMemory::free);
    return memory.asSlice(-address & (alignment - 1), bytes);
  }

  private static void free(MemorySegment memory) {
    try (Arena arena = Arena.ofConfined()) {
      var _ = FREE.call(Libc.newCallState(arena), memory.address());
    }
  }
}
