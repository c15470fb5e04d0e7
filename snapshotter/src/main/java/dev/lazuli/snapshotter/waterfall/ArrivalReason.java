package dev.lazuli.snapshotter.waterfall;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Why content came. */
public enum ArrivalReason {
  /** A reader waited for it. */
  DEMAND,
  /** It lay beside what a reader waited for, and came with the same request. */
  NEIGHBOUR,
  /** The image says that its start needs it. */
  PREFETCH,
  /** The layer was being completed. */
  BACKGROUND,
  /** It was on this disk already. */
  DISK;

  /** Returns the name that people and JSON see. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
