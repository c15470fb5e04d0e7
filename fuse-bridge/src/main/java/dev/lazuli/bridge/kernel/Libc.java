package dev.lazuli.bridge.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.function.Supplier;

/**
 * Binds the C library's functions as method handles, each taking the segment for {@code errno}
 * first; whoever uses a function binds it. None is a critical call: most of them can block, and a
 * thread in a critical call holds up the garbage collector.
 */
final class Libc {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private Libc() {}

  /** A call of one of the functions. */
  @FunctionalInterface
  interface Call {
    long run(MemorySegment callState);
  }

  /**
   * Runs a call whose negative result means failure, with an errno segment of its own.
   *
   * @param description made into the exception's message, only when the call fails
   */
  static long check(Call call, Supplier<String> description) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment callState = newCallState(arena);
      long result = call.run(callState);
      if (result < 0) {
        throw new ErrnoException(description.get(), errno(callState));
      }
      return result;
    }
  }

  static MemorySegment newCallState(Arena arena) {
    return arena.allocate(CALL_STATE);
  }

  static int errno(MemorySegment callState) {
    return (int) ERRNO.get(callState, 0L);
  }

  /** Returns whether the C library has the function; musl lacks some of glibc's. */
  static boolean has(String symbol) {
    return LINKER.defaultLookup().find(symbol).isPresent();
  }

  /** Returns where a function is, for the C library to call it. */
  static long address(String symbol) {
    return LINKER.defaultLookup().findOrThrow(symbol).address();
  }

  @SuppressWarnings("restricted")
  static MethodHandle bind(String symbol, FunctionDescriptor function) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(symbol),
        function,
        Linker.Option.captureCallState("errno"));
  }

  /** Binds a function with {@code ...} after its first {@code fixed} arguments. */
  @SuppressWarnings("restricted")
  static MethodHandle bindVariadic(String symbol, int fixed, FunctionDescriptor function) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(symbol),
        function,
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(fixed));
  }

  /** Returns what to throw if a downcall throws, which should never happen. */
  static AssertionError unexpected(Throwable e) {
    if (e instanceof RuntimeException runtime) {
      throw runtime;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new AssertionError("a downcall threw a checked exception", e);
  }
}
