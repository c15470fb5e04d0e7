package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code getdents64(2)} says of a directory's entries beside their names, which Java keeps to
 * itself.
 */
public final class DirectoryEntries {
  private static final CFunction SYSCALL = CFunction.ofLongVariadic("syscall", 1, 5);

  private static final int BUFFER_BYTES = 32 << 10;

  /** {@code struct linux_dirent64}: d_ino, d_off, d_reclen, d_type, d_name. */
  private static final int DIRENT_RECLEN = 16;

  private static final int DIRENT_TYPE = 18;
  private static final int DIRENT_NAME = 19;
  private static final byte DT_UNKNOWN = 0;

  private DirectoryEntries() {}

  /**
   * Returns whether the entries of a directory come with their types ({@code d_type}), which
   * overlayfs needs of the file systems below it. Some file systems know the types of {@code .} and
   * {@code ..} alone, so the directory must have an entry of its own; the first 32 KiB of them are
   * looked at.
   *
   * @return also true where this kernel's number of the call is not known: then overlayfs has to
   *     say it itself
   * @throws ErrnoException if the directory cannot be read
   * @throws IllegalArgumentException if it has no entry
   */
  public static boolean haveTypes(Path directory) throws ErrnoException {
    long call = numberOfGetdents64(System.getProperty("os.arch"));
    if (call < 0) {
      return true;
    }
    try (var arena = Arena.ofConfined();
        var descriptor =
            FileDescriptor.open(directory, FileDescriptor.O_RDONLY | FileDescriptor.O_CLOEXEC)) {
      MemorySegment buffer = arena.allocate(BUFFER_BYTES, Long.BYTES);
      long bytes =
          Libc.check(
              state ->
                  SYSCALL.call(
                      state, call, descriptor.number(), buffer.address(), buffer.byteSize(), 0),
              () -> "getdents64(\"%s\")".formatted(directory));
      return haveTypes(buffer.asSlice(0, bytes), directory);
    }
  }

  private static boolean haveTypes(MemorySegment entries, Path directory) {
    boolean any = false;
    for (long at = 0; at < entries.byteSize(); ) {
      String name = entries.getString(at + DIRENT_NAME, UTF_8);
      if (!name.equals(".") && !name.equals("..")) {
        any = true;
        if (entries.get(JAVA_BYTE, at + DIRENT_TYPE) == DT_UNKNOWN) {
          return false;
        }
      }
      at += Short.toUnsignedInt(entries.get(JAVA_SHORT_UNALIGNED, at + DIRENT_RECLEN));
    }
    if (!any) {
      throw new IllegalArgumentException(directory + " has no entries to look at");
    }
    return true;
  }

  /**
   * Returns the names in a directory, without {@code .} and {@code ..}, one character for each
   * byte.
   *
   * @param path as {@link RawPaths} has it
   * @throws ErrnoException if the directory cannot be read, or this kernel's number of the call is
   *     not known
   */
  public static List<String> names(String path) throws ErrnoException {
    long call = numberOfGetdents64(System.getProperty("os.arch"));
    if (call < 0) {
      throw new ErrnoException("getdents64(\"%s\")".formatted(path), Errno.ENOSYS);
    }
    var names = new ArrayList<String>();
    try (var arena = Arena.ofConfined();
        var descriptor =
            FileDescriptor.openRaw(path, FileDescriptor.O_RDONLY | FileDescriptor.O_CLOEXEC)) {
      var buffer = arena.allocate(BUFFER_BYTES, Long.BYTES);
      long bytes;
      do {
        bytes = read(call, descriptor, buffer, path);
        addNames(buffer.asSlice(0, bytes), names);
      } while (bytes > 0);
    }
    return names;
  }

  private static long read(long call, FileDescriptor descriptor, MemorySegment buffer, String path)
      throws ErrnoException {
    return Libc.check(
        state ->
            SYSCALL.call(state, call, descriptor.number(), buffer.address(), buffer.byteSize(), 0),
        () -> "getdents64(\"%s\")".formatted(path));
  }

  private static void addNames(MemorySegment entries, List<String> names) {
    for (long at = 0; at < entries.byteSize(); ) {
      var name = entries.getString(at + DIRENT_NAME, ISO_8859_1);
      if (!name.equals(".") && !name.equals("..")) {
        names.add(name);
      }
      at += Short.toUnsignedInt(entries.get(JAVA_SHORT_UNALIGNED, at + DIRENT_RECLEN));
    }
  }

  /** Returns {@code __NR_getdents64}, which is no older than the architecture; -1 if unknown. */
  static long numberOfGetdents64(String architecture) {
    return switch (architecture) {
      case "amd64" -> 217;
      case "aarch64", "riscv64" -> 61;
      default -> -1;
    };
  }
}
