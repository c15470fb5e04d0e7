package dev.lazuli.estargz.build;

/** What a tar entry is. */
enum EntryType {
  REGULAR("reg"),
  HARDLINK("hardlink"),
  SYMLINK("symlink"),
  CHAR("char"),
  BLOCK("block"),
  DIRECTORY("dir"),
  FIFO("fifo");

  private final String wire;

  EntryType(String wire) {
    this.wire = wire;
  }

  /** Returns the TOC's word for it. */
  String wire() {
    return wire;
  }
}
