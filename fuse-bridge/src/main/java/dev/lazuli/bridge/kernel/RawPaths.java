package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Calls on paths whose names are bytes in no particular encoding, and on attributes that Java does
 * not know. Paths and names of attributes are strings with one character for each byte, as ISO
 * 8859-1 has it. Links at the end of a path are not followed.
 */
public final class RawPaths {
  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;

  /** {@code struct statx} of uapi/linux/stat.h, 256 bytes. */
  private static final int STATX_BYTES = 256;

  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final int STATX_UID = 20;
  private static final int STATX_GID = 24;
  private static final int STATX_MODE = 28;
  private static final int STATX_MTIME = 112;
  private static final int STATX_MTIME_NANOS = 120;

  /** {@code struct timespec}: seconds and nanoseconds, 64 bits each. */
  private static final int TIMESPEC_BYTES = 16;

  /** {@code UTIME_OMIT} of linux/stat.h: leaves a time as it is. */
  private static final long UTIME_OMIT = (1L << 30) - 2;

  /** {@code XATTR_LIST_MAX} and {@code XATTR_SIZE_MAX} of uapi/linux/limits.h. */
  private static final int MOST_XATTR_BYTES = 65536;

  private static final CFunction STATX = CFunction.ofInt("statx", 5);
  private static final CFunction MKDIR = CFunction.ofInt("mkdir", 2);
  private static final CFunction LCHOWN = CFunction.ofInt("lchown", 3);
  private static final CFunction CHMOD = CFunction.ofInt("chmod", 2);
  private static final CFunction UTIMENSAT = CFunction.ofInt("utimensat", 4);
  private static final CFunction LSETXATTR = CFunction.ofInt("lsetxattr", 5);
  private static final CFunction LLISTXATTR = CFunction.ofLong("llistxattr", 3);
  private static final CFunction LGETXATTR = CFunction.ofLong("lgetxattr", 4);

  private RawPaths() {}

  /**
   * What {@code stat(2)} says of a file.
   *
   * @param mode type and permissions
   * @param uid owner, an unsigned 32-bit number
   * @param gid group, an unsigned 32-bit number
   * @param mtimeSeconds whole seconds since 1970, rounded down
   * @param mtimeNanos nanoseconds above these
   */
  public record Status(int mode, int uid, int gid, long mtimeSeconds, int mtimeNanos) {}

  /** Returns a path with one character for each of its bytes. */
  public static String of(Path path) {
    return new String(path.toString().getBytes(UTF_8), ISO_8859_1);
  }

  /**
   * Returns what lies at a path; empty if nothing does.
   *
   * @throws ErrnoException if the kernel refuses for another reason
   */
  public static Optional<Status> status(String path) throws ErrnoException {
    try (var arena = Arena.ofConfined()) {
      var status = arena.allocate(STATX_BYTES, Long.BYTES);
      var cPath = text(arena, path);
      Libc.check(
          state ->
              STATX.call(
                  state,
                  AT_FDCWD,
                  cPath.address(),
                  AT_SYMLINK_NOFOLLOW,
                  STATX_BASIC_STATS,
                  status.address()),
          () -> "statx(\"%s\")".formatted(path));
      return Optional.of(
          new Status(
              Short.toUnsignedInt(status.get(JAVA_SHORT, STATX_MODE)),
              status.get(JAVA_INT, STATX_UID),
              status.get(JAVA_INT, STATX_GID),
              status.get(JAVA_LONG, STATX_MTIME),
              status.get(JAVA_INT, STATX_MTIME_NANOS)));
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Makes a directory that nobody but its owner may enter. */
  public static void makeDirectory(String path) throws ErrnoException {
    try (var arena = Arena.ofConfined()) {
      var cPath = text(arena, path);
      Libc.check(
          state -> MKDIR.call(state, cPath.address(), 0700),
          () -> "mkdir(\"%s\", 0700)".formatted(path));
    }
  }

  /** Sets numeric owner and group. */
  public static void setOwner(String path, int uid, int gid) throws ErrnoException {
    try (var arena = Arena.ofConfined()) {
      var cPath = text(arena, path);
      Libc.check(
          state -> LCHOWN.call(state, cPath.address(), uid, gid),
          () -> "lchown(\"%s\", %d, %d)".formatted(path, uid, gid));
    }
  }

  /**
   * Sets the low twelve mode bits.
   *
   * @param path of something else than a symbolic link, which has none
   */
  public static void setPermissions(String path, int permissions) throws ErrnoException {
    try (var arena = Arena.ofConfined()) {
      var cPath = text(arena, path);
      Libc.check(
          state -> CHMOD.call(state, cPath.address(), permissions),
          () -> "chmod(\"%s\", 0%o)".formatted(path, permissions));
    }
  }

  /** Sets the time of the last change of content. */
  public static void setModified(String path, long seconds, int nanos) throws ErrnoException {
    try (var arena = Arena.ofConfined()) {
      var cPath = text(arena, path);
      var times = arena.allocate(2 * TIMESPEC_BYTES, Long.BYTES);
      times.set(JAVA_LONG, Long.BYTES, UTIME_OMIT);
      times.set(JAVA_LONG, TIMESPEC_BYTES, seconds);
      times.set(JAVA_LONG, TIMESPEC_BYTES + Long.BYTES, nanos);
      Libc.check(
          state ->
              UTIMENSAT.call(
                  state, AT_FDCWD, cPath.address(), times.address(), AT_SYMLINK_NOFOLLOW),
          () -> "utimensat(\"%s\", %d.%09d)".formatted(path, seconds, nanos));
    }
  }

  /** Sets an extended attribute of any namespace. */
  public static void setXattr(String path, String name, byte[] value) throws ErrnoException {
    try (var arena = Arena.ofConfined()) {
      var cPath = text(arena, path);
      var cName = text(arena, name);
      var bytes = arena.allocate(Math.max(1, value.length));
      MemorySegment.copy(value, 0, bytes, JAVA_BYTE, 0, value.length);
      Libc.check(
          state ->
              LSETXATTR.call(
                  state, cPath.address(), cName.address(), bytes.address(), value.length, 0),
          () -> "lsetxattr(\"%s\", \"%s\", %d bytes)".formatted(path, name, value.length));
    }
  }

  /**
   * Returns all extended attributes that this process may see; none where the file system has none.
   *
   * @throws ErrnoException if the kernel refuses for another reason
   */
  public static SortedMap<String, byte[]> xattrs(String path) throws ErrnoException {
    try (var arena = Arena.ofConfined()) {
      var cPath = text(arena, path);
      var buffer = arena.allocate(MOST_XATTR_BYTES);
      var xattrs = new TreeMap<String, byte[]>();
      for (var name : names(cPath, buffer, path)) {
        var cName = text(arena, name);
        long size =
            Libc.check(
                state ->
                    LGETXATTR.call(
                        state,
                        cPath.address(),
                        cName.address(),
                        buffer.address(),
                        buffer.byteSize()),
                () -> "lgetxattr(\"%s\", \"%s\")".formatted(path, name));
        xattrs.put(name, buffer.asSlice(0, size).toArray(JAVA_BYTE));
      }
      return xattrs;
    }
  }

  private static Iterable<String> names(MemorySegment cPath, MemorySegment buffer, String path)
      throws ErrnoException {
    try {
      long size =
          Libc.check(
              state -> LLISTXATTR.call(state, cPath.address(), buffer.address(), buffer.byteSize()),
              () -> "llistxattr(\"%s\")".formatted(path));
      var text = new String(buffer.asSlice(0, size).toArray(JAVA_BYTE), ISO_8859_1);
      return Arrays.stream(text.split("\0", -1)).filter(name -> !name.isEmpty()).toList();
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EOPNOTSUPP) {
        return Arrays.asList();
      }
      throw e;
    }
  }

  private static MemorySegment text(Arena arena, String text) {
    return arena.allocateFrom(text, ISO_8859_1);
  }
}
