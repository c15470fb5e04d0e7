package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The bare calls that programs make on files, for benches: no errno, nothing allocated. */
public final class FileCalls {
  public static final int AT_FDCWD = -100;
  private static final int O_CLOEXEC = 0x80000;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int POSIX_FADV_RANDOM = 1;
  private static final long SYS_GETDENTS64 =
      System.getProperty("os.arch").equals("amd64") ? 217 : 61;

  private static final MethodHandle OPENAT =
      bind("openat", 3, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle FSTATAT =
      bind("fstatat", 4, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle PREAD =
      bind("pread", 4, FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FADVISE =
      bind(
          "posix_fadvise",
          4,
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      bind("close", 1, FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle SYSCALL =
      bind(
          "syscall", 1, FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG));

  private FileCalls() {}

  @SuppressWarnings("restricted")
  private static MethodHandle bind(String symbol, int fixed, FunctionDescriptor function) {
    var linker = Linker.nativeLinker();
    var address = linker.defaultLookup().findOrThrow(symbol);
    return fixed < function.argumentLayouts().size()
        ? linker.downcallHandle(address, function, Linker.Option.firstVariadicArg(fixed))
        : linker.downcallHandle(address, function);
  }

  /** Opens for reading. */
  public static int open(int directory, MemorySegment name) throws IOException {
    try {
      return (int) check((int) OPENAT.invokeExact(directory, name, O_CLOEXEC), "openat");
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Gets the attributes of a name, links not followed. */
  public static void stat(int directory, MemorySegment name, MemorySegment to) throws IOException {
    try {
      check((int) FSTATAT.invokeExact(directory, name, to, AT_SYMLINK_NOFOLLOW), "fstatat");
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  public static long read(int file, MemorySegment to, long length, long offset) throws IOException {
    try {
      return check((long) PREAD.invokeExact(file, to, length, offset), "pread");
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Says that reads of a file will jump about. */
  public static void adviseRandom(int file) throws IOException {
    try {
      check(-(int) FADVISE.invokeExact(file, 0L, 0L, POSIX_FADV_RANDOM), "posix_fadvise");
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Reads {@code struct linux_dirent64}s; returns their length in bytes, 0 at the end. */
  public static int list(int directory, MemorySegment to) throws IOException {
    try {
      return (int)
          check(
              (long) SYSCALL.invokeExact(SYS_GETDENTS64, (long) directory, to, to.byteSize()),
              "getdents64");
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  public static void close(int file) throws IOException {
    try {
      check((int) CLOSE.invokeExact(file), "close");
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static long check(long result, String call) throws IOException {
    if (result < 0) {
      throw new IOException(call + " failed");
    }
    return result;
  }

  private static IOException rethrown(Throwable e) {
    return e instanceof IOException io ? io : new IOException(e);
  }
}
