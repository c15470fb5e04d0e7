package dev.lazuli.snapshotter.status;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Where the reads of a layer go. */
public enum MountKind {
  /** Known, but not mounted. */
  NONE,
  /** EROFS over our FUSE file: misses reach the daemon. */
  EROFS_LAZY,
  /** EROFS over the complete data file: no read reaches the daemon. */
  EROFS_LOCAL,
  /** EROFS on loop devices. */
  EROFS_LOOP,
  /** A FUSE tree: every read reaches the daemon. */
  FUSE_TREE;

  /** Returns the name that people and JSON see, {@code erofs-lazy}. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return label();
  }
}
