package dev.lazuli.snapshotter.snapshots;

import java.io.IOException;

/**
 * A call on a snapshot that cannot be answered as asked; the reason is what containerd acts upon.
 */
public final class SnapshotException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why, in containerd's terms. */
  public enum Reason {
    /** The snapshot, or its parent, does not exist. */
    NOT_FOUND,
    /** The name is taken, or a lazily mounted layer made unpacking unnecessary. */
    ALREADY_EXISTS,
    /** The snapshot is not of the kind that the call needs, or others build on it. */
    FAILED_PRECONDITION,
    /** The call is invalid for any snapshot. */
    INVALID_ARGUMENT,
    /** A lazily mounted layer cannot be read now; the call may succeed later. */
    UNAVAILABLE
  }

  private final Reason reason;

  SnapshotException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  SnapshotException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Returns why the call failed. */
  public Reason reason() {
    return reason;
  }

  static SnapshotException notFound(String name) {
    return new SnapshotException(Reason.NOT_FOUND, "snapshot " + name + " does not exist");
  }

  static SnapshotException alreadyExists(String name) {
    return new SnapshotException(Reason.ALREADY_EXISTS, "snapshot " + name + " already exists");
  }
}
