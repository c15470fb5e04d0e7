package dev.lazuli.bridge.kernel;

/** The file types of {@code st_mode}, from Linux's uapi/linux/stat.h, and their dirent types. */
public final class FileMode {
  public static final int TYPE_MASK = 0170000;
  public static final int FIFO = 0010000;
  public static final int CHARACTER_DEVICE = 0020000;
  public static final int DIRECTORY = 0040000;
  public static final int BLOCK_DEVICE = 0060000;
  public static final int REGULAR = 0100000;
  public static final int SYMLINK = 0120000;
  public static final int SOCKET = 0140000;

  private FileMode() {}

  /** Returns which of these types a mode has. */
  public static int type(int mode) {
    return mode & TYPE_MASK;
  }

  /** Returns whether what has this mode is a directory. */
  public static boolean isDirectory(int mode) {
    return type(mode) == DIRECTORY;
  }

  /** Returns whether what has this mode is a regular file. */
  public static boolean isRegular(int mode) {
    return type(mode) == REGULAR;
  }

  /** Returns whether what has this mode is a symbolic link. */
  public static boolean isSymlink(int mode) {
    return type(mode) == SYMLINK;
  }

  /** Returns whether what has this mode is a device. */
  public static boolean isDevice(int mode) {
    return type(mode) == CHARACTER_DEVICE || type(mode) == BLOCK_DEVICE;
  }

  /** Returns the FT_* number of a directory entry (uapi/linux/fs_types.h), or -1 for no type. */
  public static int direntType(int mode) {
    return switch (type(mode)) {
      case REGULAR -> 1;
      case DIRECTORY -> 2;
      case CHARACTER_DEVICE -> 3;
      case BLOCK_DEVICE -> 4;
      case FIFO -> 5;
      case SOCKET -> 6;
      case SYMLINK -> 7;
      default -> -1;
    };
  }
}
