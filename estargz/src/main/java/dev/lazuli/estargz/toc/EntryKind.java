package dev.lazuli.estargz.toc;

import org.jspecify.annotations.Nullable;

/** What a TOC entry is, as its {@code type} says. */
enum EntryKind {
  DIRECTORY(0, 0x4000),
  REGULAR(1, 0x8000),
  SYMLINK(2, 0xa000),
  HARDLINK(3, 0),
  CHAR(4, 0x2000),
  BLOCK(5, 0x6000),
  FIFO(6, 0x1000),
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
