package dev.lazuli.snapshotter.waterfall;

/** What an event says; its two numbers mean something else for each kind. */
enum EventKind {
  /** Someone wants the layer mounted for an image: hash of the reference, 0. */
  REQUESTED,
  /** The layer can be read: 0, 0. */
  MOUNTED,
  /** Reads of the layer that missed something begin to wait: chunks, 0. */
  WAITING,
  /** They have what they waited for: chunks, nanoseconds waited. */
  SERVED,
  /** They got an error: chunks (the first missing one), 0. */
  NOT_SERVED,
  /** A range is about to be requested: offset in the blob, length. */
  RANGE_OPENED,
  /** Its first bytes have come: offset, 0. */
  FIRST_BYTE,
  /** It has ended as it should: offset, bytes. */
  RANGE_DONE,
  /** It has ended early: offset, bytes. */
  RANGE_FAILED,
  /** Chunks were fetched, one after the other: chunks, microseconds from the first to the last. */
  FETCHED,
  /** Chunks were found on this disk: chunks, microseconds from the first to the last. */
  REUSED,
  /** The layer is complete: 0, 0. */
  COMPLETE;

  private static final EventKind[] ALL = values();

  static EventKind of(int ordinal) {
    return ALL[ordinal];
  }
}
