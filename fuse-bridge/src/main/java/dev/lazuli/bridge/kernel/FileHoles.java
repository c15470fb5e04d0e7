package dev.lazuli.bridge.kernel;

import java.nio.file.Path;

/** Gives parts of files back to the file system, or reserves them, {@code fallocate(2)}. */
public final class FileHoles {
  private static final int FALLOC_FL_KEEP_SIZE = 1;
  private static final int FALLOC_FL_PUNCH_HOLE = 2;

  private static final CFunction FALLOCATE = CFunction.ofInt("fallocate", 4);

  private FileHoles() {}

  /**
   * Makes a hole: whole blocks inside are freed, the rest of the range is zeroed, the file's size
   * stays. A range may lie beyond the file's end.
   *
   * @param file an existing regular file
   * @param length more than 0
   * @throws ErrnoException with {@link Errno#EOPNOTSUPP} if the file system knows no holes
   */
  public static void punch(Path file, long offset, long length) throws ErrnoException {
    try (var descriptor =
        FileDescriptor.open(file, FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC)) {
      while (true) {
        try {
          punch(descriptor, file, offset, length);
          return;
        } catch (ErrnoException e) {
          if (e.errno() != Errno.EINTR) {
            throw e;
          }
        }
      }
    }
  }

  /**
   * Takes disk space for a range of a file, which may lie beyond its end: writing there needs none
   * then. The file's size stays.
   *
   * @param file an existing regular file
   * @param length more than 0
   * @throws ErrnoException with {@link Errno#ENOSPC} if there is no room, {@link Errno#EOPNOTSUPP}
   *     if the file system cannot do it
   */
  public static void reserve(Path file, long offset, long length) throws ErrnoException {
    try (var descriptor =
        FileDescriptor.open(file, FileDescriptor.O_RDWR | FileDescriptor.O_CLOEXEC)) {
      Libc.check(
          state -> FALLOCATE.call(state, descriptor.number(), FALLOC_FL_KEEP_SIZE, offset, length),
          () -> "fallocate(\"%s\", KEEP_SIZE, %d, %d)".formatted(file, offset, length));
    }
  }

  private static void punch(FileDescriptor descriptor, Path file, long offset, long length)
      throws ErrnoException {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    Libc.check(
        state -> FALLOCATE.call(state, descriptor.number(), mode, offset, length),
        () -> "fallocate(\"%s\", PUNCH_HOLE, %d, %d)".formatted(file, offset, length));
  }
}
