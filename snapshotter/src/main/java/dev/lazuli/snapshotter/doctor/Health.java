package dev.lazuli.snapshotter.doctor;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a check came to. */
public enum Health {
  /** It is as it should be. */
  OK,
  /** It works, but something could be better, or could not be found out. */
  NOTE,
  /** It does not work. */
  PROBLEM;

  /** Returns the name that people and JSON see. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
