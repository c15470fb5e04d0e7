package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Mounts that show a directory with other owners, by {@code open_tree(2)}, {@code mount_setattr(2)}
 * and {@code move_mount(2)}: Linux 5.12, if the file system allows it. EROFS does since 5.19, as
 * overlayfs on top of such mounts; FUSE since 6.12. The numbers of these system calls are the same
 * on every architecture.
 */
public final class IdMappedMounts {
  private static final long OPEN_TREE = 428;
  private static final long MOVE_MOUNT = 429;
  private static final long MOUNT_SETATTR = 442;

  private static final long AT_FDCWD = -100;
  private static final long AT_EMPTY_PATH = 0x1000;
  private static final long OPEN_TREE_CLONE = 1;
  private static final long OPEN_TREE_CLOEXEC = FileDescriptor.O_CLOEXEC;
  private static final long MOVE_MOUNT_F_EMPTY_PATH = 4;

  private static final long MOUNT_ATTR_RDONLY = 1;
  private static final long MOUNT_ATTR_NOSUID = 2;
  private static final long MOUNT_ATTR_NODEV = 4;
  private static final long MOUNT_ATTR_IDMAP = 0x10_0000;

  /** {@code struct mount_attr}: attr_set, attr_clr, propagation, userns_fd. */
  private static final long ATTR_SIZE = 32;

  private static final long ATTR_PROPAGATION = 16;
  private static final long ATTR_USERNS_FD = 24;

  private static final CFunction SYSCALL = CFunction.ofLongVariadic("syscall", 1, 6);

  private IdMappedMounts() {}

  /**
   * Mounts a directory a second time: read-only, without setuid and devices, with owners as the
   * namespace translates them. What is mounted below the directory is not seen.
   *
   * @param source the directory; may itself be where something is mounted
   * @param target an existing directory
   * @throws ErrnoException with {@link Errno#EINVAL} if the file system cannot be mounted so, or
   *     what else the kernel says; nothing is left behind
   */
  public static void mount(Path source, Path target, UserNamespace owners) throws ErrnoException {
    try (Arena arena = Arena.ofConfined();
        var tree = cloned(source, arena)) {
      MemorySegment empty = arena.allocateFrom("");
      MemorySegment attributes = arena.allocate(ATTR_SIZE, Long.BYTES);
      attributes.set(
          JAVA_LONG,
          0,
          MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP);
      attributes.set(JAVA_LONG, ATTR_PROPAGATION, Mounts.MS_PRIVATE);
      attributes.set(JAVA_LONG, ATTR_USERNS_FD, owners.number());
      Libc.check(
          state ->
              SYSCALL.call(
                  state,
                  MOUNT_SETATTR,
                  tree.number(),
                  empty.address(),
                  AT_EMPTY_PATH,
                  attributes.address(),
                  ATTR_SIZE),
          () -> "mount_setattr(\"%s\", MOUNT_ATTR_IDMAP)".formatted(source));
      MemorySegment cTarget = arena.allocateFrom(target.toString());
      Libc.check(
          state ->
              SYSCALL.call(
                  state,
                  MOVE_MOUNT,
                  tree.number(),
                  empty.address(),
                  AT_FDCWD,
                  cTarget.address(),
                  MOVE_MOUNT_F_EMPTY_PATH),
          () -> "move_mount(\"%s\", \"%s\")".formatted(source, target));
    }
  }

  /**
   * Takes such a mount away, if there is one; what uses it keeps it.
   *
   * @throws ErrnoException if the kernel refuses
   */
  public static void unmount(Path target) throws ErrnoException {
    try {
      Mounts.unmount(target, Mounts.UMOUNT_NOFOLLOW | Mounts.MNT_DETACH);
    } catch (ErrnoException e) {
      // After a reboot only the directory is left.
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
    }
  }

  private static FileDescriptor cloned(Path source, Arena arena) throws ErrnoException {
    MemorySegment cSource = arena.allocateFrom(source.toString());
    long number =
        Libc.check(
            state ->
                SYSCALL.call(
                    state,
                    OPEN_TREE,
                    AT_FDCWD,
                    cSource.address(),
                    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC,
                    0,
                    0),
            () -> "open_tree(\"%s\", OPEN_TREE_CLONE)".formatted(source));
    return FileDescriptor.own((int) number);
  }
}
