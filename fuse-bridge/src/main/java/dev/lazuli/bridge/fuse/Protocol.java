package dev.lazuli.bridge.fuse;

/**
 * The numbers of {@code <linux/fuse.h>} that we use: operation codes, flags, and the sizes and
 * field offsets, in bytes, of the messages. Names are the header's; all fields have the machine's
 * byte order.
 */
final class Protocol {
  static final int MAJOR = 7;

  /** The newest minor whose INIT we understand; the kernel speaks the older of the two. */
  static final int NEWEST_MINOR = 45;

  /** Linux 5.4: every message below has its present size, and MAX_PAGES is there. */
  static final int OLDEST_MINOR = 31;

  static final long ROOT_ID = 1;

  static final int LOOKUP = 1;
  static final int FORGET = 2;
  static final int GETATTR = 3;
  static final int READLINK = 5;
  static final int MKNOD = 8;
  static final int RMDIR = 11;
  static final int OPEN = 14;
  static final int READ = 15;
  static final int STATFS = 17;
  static final int RELEASE = 18;
  static final int GETXATTR = 22;
  static final int LISTXATTR = 23;
  static final int INIT = 26;
  static final int OPENDIR = 27;
  static final int READDIR = 28;
  static final int RELEASEDIR = 29;
  static final int CREATE = 35;
  static final int INTERRUPT = 36;
  static final int DESTROY = 38;
  static final int BATCH_FORGET = 42;
  static final int READDIRPLUS = 44;

  /** {@code fuse_notify_code}: asks for all requests again that were read but not answered. */
  static final int NOTIFY_RESEND = 7;

  /**
   * {@code FUSE_DEV_IOC_CLONE}, since Linux 4.2: has a fresh {@code /dev/fuse} serve the connection
   * of the one whose number the argument points to.
   */
  static final long DEV_IOC_CLONE = 0x8004_e500L;

  static final long ASYNC_READ = 1L << 0;
  static final long EXPORT_SUPPORT = 1L << 4;
  static final long DO_READDIRPLUS = 1L << 13;
  static final long ASYNC_DIO = 1L << 15;
  static final long PARALLEL_DIROPS = 1L << 18;
  static final long POSIX_ACL = 1L << 20;
  static final long MAX_PAGES = 1L << 22;
  static final long CACHE_SYMLINKS = 1L << 23;
  static final long EXPLICIT_INVAL_DATA = 1L << 25;
  static final long INIT_EXT = 1L << 30;
  static final long HAS_RESEND = 1L << 39;

  /** Since Linux 6.12: mounts of it may translate owners; needs {@code default_permissions}. */
  static final long ALLOW_IDMAP = 1L << 40;

  static final int FOPEN_DIRECT_IO = 1;
  static final int FOPEN_NOFLUSH = 1 << 5;

  static final int IN_HEADER_SIZE = 40;
  static final int IN_LENGTH = 0;
  static final int IN_OPCODE = 4;
  static final int IN_UNIQUE = 8;
  static final int IN_NODEID = 16;
  static final int IN_PID = 32;

  static final int OUT_HEADER_SIZE = 16;
  static final int OUT_LENGTH = 0;
  static final int OUT_ERROR = 4;
  static final int OUT_UNIQUE = 8;

  static final int INIT_IN_MAJOR = 0;
  static final int INIT_IN_MINOR = 4;
  static final int INIT_IN_MAX_READAHEAD = 8;
  static final int INIT_IN_FLAGS = 12;
  static final int INIT_IN_FLAGS2 = 16;

  static final int INIT_OUT_SIZE = 64;
  static final int INIT_OUT_MAJOR = 0;
  static final int INIT_OUT_MINOR = 4;
  static final int INIT_OUT_MAX_READAHEAD = 8;
  static final int INIT_OUT_FLAGS = 12;
  static final int INIT_OUT_MAX_BACKGROUND = 16;
  static final int INIT_OUT_CONGESTION_THRESHOLD = 18;
  static final int INIT_OUT_MAX_WRITE = 20;
  static final int INIT_OUT_TIME_GRANULARITY = 24;
  static final int INIT_OUT_MAX_PAGES = 28;
  static final int INIT_OUT_FLAGS2 = 32;

  static final int ATTR_SIZE = 88;
  static final int ATTR_INO = 0;
  static final int ATTR_FILE_SIZE = 8;
  static final int ATTR_BLOCKS = 16;
  static final int ATTR_ATIME = 24;
  static final int ATTR_MTIME = 32;
  static final int ATTR_CTIME = 40;
  static final int ATTR_ATIME_NANOS = 48;
  static final int ATTR_MTIME_NANOS = 52;
  static final int ATTR_CTIME_NANOS = 56;
  static final int ATTR_MODE = 60;
  static final int ATTR_NLINK = 64;
  static final int ATTR_UID = 68;
  static final int ATTR_GID = 72;
  static final int ATTR_RDEV = 76;
  static final int ATTR_BLKSIZE = 80;

  static final int ENTRY_OUT_SIZE = 128;
  static final int ENTRY_NODEID = 0;
  static final int ENTRY_VALID = 16;
  static final int ENTRY_ATTR_VALID = 24;
  static final int ENTRY_ATTR = 40;

  static final int ATTR_OUT_SIZE = 104;
  static final int ATTR_OUT_VALID = 0;
  static final int ATTR_OUT_ATTR = 16;

  static final int OPEN_OUT_SIZE = 16;
  static final int OPEN_OUT_FLAGS = 8;

  static final int READ_IN_OFFSET = 8;
  static final int READ_IN_SIZE = 16;

  static final int GETXATTR_IN_SIZE = 8;
  static final int GETXATTR_IN_LIMIT = 0;
  static final int GETXATTR_OUT_SIZE = 8;

  static final int INTERRUPT_IN_UNIQUE = 0;

  /** {@code fuse_mknod_in} and {@code fuse_create_in}, which the name follows. */
  static final int MAKE_IN_SIZE = 16;

  /** {@code FUSE_UNIQUE_RESEND}, in the number of a request that was sent again. */
  static final long UNIQUE_RESEND = 1L << 63;

  static final int STATFS_OUT_SIZE = 80;
  static final int STATFS_FILES = 24;
  static final int STATFS_BSIZE = 40;
  static final int STATFS_NAMELEN = 44;
  static final int STATFS_FRSIZE = 48;

  static final int DIRENT_SIZE = 24;
  static final int DIRENT_INO = 0;
  static final int DIRENT_OFF = 8;
  static final int DIRENT_NAMELEN = 16;
  static final int DIRENT_TYPE = 20;
  static final int DIRENT_ALIGNMENT = 8;

  /** {@code DT_DIR} of a directory entry. */
  static final int DT_DIR = 4;

  static final int NAME_MAX = 255;

  /** Small, because nothing writes here; the kernel's smallest request buffer is enough for it. */
  static final int MAX_WRITE_BYTES = 4096;

  /** {@code FUSE_MIN_READ_BUFFER}: what a read of {@code /dev/fuse} must offer. */
  static final int REQUEST_BUFFER_BYTES = 8192;

  /** The largest read that we allow the kernel to send, and so the largest reply. */
  static final int MAX_READ_BYTES = 1 << 20;

  private Protocol() {}
}
