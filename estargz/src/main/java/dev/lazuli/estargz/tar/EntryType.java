package dev.lazuli.estargz.tar;

/** What a tar entry is. */
public enum EntryType {
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
  public String wire() {
    return wire;
  }
}
