package dev.lazuli.bridge.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** {@code mount(2)} and {@code umount2(2)}. The constants are those of {@code <sys/mount.h>}. */
public final class Mounts {
  public static final long MS_RDONLY = 1;
  public static final long MS_NOSUID = 1 << 1;
  public static final long MS_NODEV = 1 << 2;
  public static final long MS_NOEXEC = 1 << 3;
  public static final long MS_REMOUNT = 1 << 5;
  public static final long MS_NOATIME = 1 << 10;
  public static final long MS_BIND = 1 << 12;
  public static final long MS_REC = 1 << 14;
  public static final long MS_PRIVATE = 1 << 18;

  /** Gives up the file system's work in progress first: for FUSE, aborts the connection. */
  public static final int MNT_FORCE = 1;

  /** Takes the mount out of the tree at once and frees it when its last user has gone. */
  public static final int MNT_DETACH = 2;

  /** Does not follow a symbolic link at the end of the path. */
  public static final int UMOUNT_NOFOLLOW = 8;

  private static final CFunction MOUNT = CFunction.ofInt("mount", 5);
  private static final CFunction UMOUNT2 = CFunction.ofInt("umount2", 2);

  private Mounts() {}

  /** Binds the functions, by being called. */
  static void prepare() {}

  /**
   * Mounts a file system.
   *
   * @param source device or file, or any word where the type needs none
   * @param target the directory to mount on
   * @param type file system type, empty where {@code flags} make it meaningless
   * @param flags {@code MS_*} bits
   * @param data the file system's options, comma-separated; at most 4095 bytes of UTF-8
   * @throws ErrnoException if the kernel refuses
   */
  public static void mount(String source, Path target, String type, long flags, String data)
      throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cSource = arena.allocateFrom(source);
      MemorySegment cTarget = arena.allocateFrom(target.toString());
      MemorySegment cType = arena.allocateFrom(type);
      MemorySegment cData = arena.allocateFrom(data);
      Libc.check(
          state ->
              MOUNT.call(
                  state,
                  cSource.address(),
                  cTarget.address(),
                  cType.address(),
                  flags,
                  cData.address()),
          () ->
              "mount(\"%s\", \"%s\", \"%s\", 0x%x, \"%s\")"
                  .formatted(source, target, type, flags, data));
    }
  }

  /**
   * Unmounts the topmost mount at a path.
   *
   * @param flags {@code MNT_*} and {@code UMOUNT_*} bits
   * @throws ErrnoException with {@link Errno#EINVAL} if nothing is mounted there, {@link
   *     Errno#EBUSY} if it is in use and is not to be detached, or what else the kernel says
   */
  public static void unmount(Path target, int flags) throws ErrnoException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cTarget = arena.allocateFrom(target.toString());
      Libc.check(
          state -> UMOUNT2.call(state, cTarget.address(), flags),
          () -> "umount2(\"%s\", 0x%x)".formatted(target, flags));
    }
  }
}
