package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The C library's functions as method handles, each taking the segment for {@code errno} first.
 * None is a critical call: most of them can block, and a thread in a critical call holds up the
 * garbage collector.
 */
final class Libc {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  static final MethodHandle OPEN =
      bind("open", 2, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  static final MethodHandle CLOSE = bind("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  static final MethodHandle READ =
      bind("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  static final MethodHandle WRITE =
      bind("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  static final MethodHandle IOCTL =
      bind("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
  static final MethodHandle FALLOCATE =
      bind("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
  static final MethodHandle MOUNT =
      bind("mount", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
  static final MethodHandle UMOUNT2 =
      bind("umount2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  static final MethodHandle CALLOC =
      bind("calloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
  static final MethodHandle FREE = bind("free", FunctionDescriptor.ofVoid(JAVA_LONG));

  static final MethodHandle GETPAGESIZE = bind("getpagesize", FunctionDescriptor.of(JAVA_INT));

  static final MethodHandle FCNTL =
      bind("fcntl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  static final MethodHandle PIPE2 =
      bind("pipe2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  static final MethodHandle POLL =
      bind("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  static final MethodHandle SOCKET =
      bind("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  static final MethodHandle SENDMSG =
      bind("sendmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  static final MethodHandle WAITPID =
      bind("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  static final MethodHandle SYSCALL =
      bind(
          "syscall",
          1,
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  /** The functions around posix_spawn(3) return the error number themselves. */
  static final MethodHandle POSIX_SPAWN =
      bind(
          "posix_spawn",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));

  static final MethodHandle SPAWN_ACTIONS_INIT =
      bind("posix_spawn_file_actions_init", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle SPAWN_ACTIONS_DESTROY =
      bind("posix_spawn_file_actions_destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle SPAWN_ACTIONS_DUP2 =
      bind(
          "posix_spawn_file_actions_adddup2",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  static final MethodHandle SPAWN_ACTIONS_CLOSE =
      bind("posix_spawn_file_actions_addclose", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  /** Since glibc 2.34, not in musl; null where there is none. */
  static final @Nullable MethodHandle SPAWN_ACTIONS_CLOSEFROM =
      bindIfPresent(
          "posix_spawn_file_actions_addclosefrom_np",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

  static final MethodHandle SPAWN_ATTRIBUTES_INIT =
      bind("posix_spawnattr_init", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle SPAWN_ATTRIBUTES_DESTROY =
      bind("posix_spawnattr_destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  static final MethodHandle SPAWN_ATTRIBUTES_SETFLAGS =
      bind("posix_spawnattr_setflags", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_SHORT));

  private Libc() {}

  /** A call through one of the handles. */
  @FunctionalInterface
  interface Call {
    long run(MemorySegment callState) throws Throwable;
  }

  /**
   * Runs a call whose negative result means failure, with an errno segment of its own.
   *
   * @param description made into the exception's message, only when the call fails
   */
  static long check(Call call, Supplier<String> description) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment callState = newCallState(arena);
      long result = run(call, callState);
      if (result < 0) {
        throw new ErrnoException(description.get(), errno(callState));
      }
      return result;
    }
  }

  static long run(Call call, MemorySegment callState) {
    try {
      return call.run(callState);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a downcall threw a checked exception", e);
    }
  }

  static MemorySegment newCallState(Arena arena) {
    return arena.allocate(CALL_STATE);
  }

  static int errno(MemorySegment callState) {
    return (int) ERRNO.get(callState, 0L);
  }

  @SuppressWarnings("restricted")
  private static MethodHandle bind(String symbol, FunctionDescriptor function) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(symbol),
        function,
        Linker.Option.captureCallState("errno"));
  }

  private static @Nullable MethodHandle bindIfPresent(String symbol, FunctionDescriptor function) {
    return LINKER.defaultLookup().find(symbol).isPresent() ? bind(symbol, function) : null;
  }

  /** Binds a function with {@code ...} after its first {@code fixed} arguments. */
  @SuppressWarnings("restricted")
  private static MethodHandle bind(String symbol, int fixed, FunctionDescriptor function) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(symbol),
        function,
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(fixed));
  }
}
