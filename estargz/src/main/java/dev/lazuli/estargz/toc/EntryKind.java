package dev.lazuli.estargz.toc;

import org.jspecify.annotations.Nullable;

/** What a TOC entry is, as its {@code type} says. */
enum EntryKind {
  DIRECTORY(0, FileType.DIRECTORY),
  REGULAR(1, FileType.REGULAR),
  SYMLINK(2, FileType.SYMLINK),
  HARDLINK(3, 0),
  CHAR(4, FileType.CHARACTER_DEVICE),
  BLOCK(5, FileType.BLOCK_DEVICE),
  FIFO(6, FileType.FIFO),
  CHUNK(7, 0);

  private static final EntryKind[] BY_CODE = values();

  private final int code;
  private final int typeBits;

  EntryKind(int code, int typeBits) {
    this.code = code;
    this.typeBits = typeBits;
  }

  /** Returns the number that stands for this kind in a row. */
  int code() {
    return code;
  }

  /** Returns the type bits of {@code st_mode}; 0 for what is not an inode of its own. */
  int typeBits() {
    return typeBits;
  }

  static EntryKind ofCode(int code) {
    return BY_CODE[code];
  }

  static @Nullable EntryKind fromWire(String type) {
    return switch (type) {
      case "dir" -> DIRECTORY;
      case "reg" -> REGULAR;
      case "symlink" -> SYMLINK;
      case "hardlink" -> HARDLINK;
      case "char" -> CHAR;
      case "block" -> BLOCK;
      case "fifo" -> FIFO;
      case "chunk" -> CHUNK;
      default -> null;
    };
  }
}
