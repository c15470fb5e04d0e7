package dev.lazuli.estargz.toc;

/** The file types of {@code st_mode}, from Linux's uapi/linux/stat.h. */
public final class FileType {
  public static final int MASK = 0170000;
  public static final int FIFO = 0010000;
  public static final int CHARACTER_DEVICE = 0020000;
  public static final int DIRECTORY = 0040000;
  public static final int BLOCK_DEVICE = 0060000;
  public static final int REGULAR = 0100000;
  public static final int SYMLINK = 0120000;

  private FileType() {}

  /** Returns which of these types a mode has. */
  public static int of(int mode) {
    return mode & MASK;
  }
}
