package dev.lazuli.snapshotter.snapshots;

/** What a snapshot is for, with containerd's number and the word its filters use. */
enum SnapshotKind {
  /** A read-only look at a committed snapshot. */
  VIEW(1, "view"),
  /** Writable, and may be committed. */
  ACTIVE(2, "active"),
  /** Never changes again; others may build on it. */
  COMMITTED(3, "committed");

  private final int number;
  private final String word;

  SnapshotKind(int number, String word) {
    this.number = number;
    this.word = word;
  }

  int number() {
    return number;
  }

  String word() {
    return word;
  }

  static SnapshotKind ofNumber(int number) {
    for (var kind : values()) {
      if (kind.number == number) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no kind of snapshot has the number " + number);
  }
}
