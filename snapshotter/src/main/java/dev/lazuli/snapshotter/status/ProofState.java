package dev.lazuli.snapshotter.status;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Whether a layer is known to be what its image says. */
public enum ProofState {
  /** Not known yet; its blob is read whole, or waits for that. */
  PENDING,
  /** It is: its blob, its tar and every chunk are the right ones. */
  PROVED,
  /** It is not. */
  LIED,
  /** Not known, and its table of contents was not verified either: its image asked for that. */
  UNVERIFIED,
  /** Nobody will find out: configuration does not want it. */
  SKIPPED;

  /** Returns the name that people and JSON see. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
