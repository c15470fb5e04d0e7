package dev.lazuli.registry.model;

import java.time.Duration;

/** Checks of options; each names the option that is wrong. */
public final class OptionChecks {
  private OptionChecks() {}

  /** Checks that a time is above zero. */
  public static void positive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }

  /** Checks that {@code min <= value <= max}. */
  public static void within(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " is " + value + ", outside of " + min + " to " + max);
    }
  }
}
