package dev.lazuli.cache;

/** What goes wrong on a {@link FaultyDisk}. */
enum DiskFault {
  EIO("Input/output error"),
  ENOSPC("No space left on device"),
  ENOSPC_GERMAN("Auf dem Gerät ist kein Speicherplatz mehr verfügbar"),
  EMFILE("Too many open files"),

  /** An error in the program: not an IOException. */
  BUG("a count is negative");

  private final String message;

  DiskFault(String message) {
    this.message = message;
  }

  String message() {
    return message;
  }

  /** Returns whether an operation can fail like this. */
  boolean strikes(DiskOperation kind) {
    return switch (this) {
      case EIO, BUG -> true;
      case ENOSPC, ENOSPC_GERMAN ->
          kind == DiskOperation.CREATE
              || kind == DiskOperation.WRITE
              || kind == DiskOperation.PUNCH;
      case EMFILE -> kind == DiskOperation.CREATE || kind == DiskOperation.OPEN;
    };
  }
}
