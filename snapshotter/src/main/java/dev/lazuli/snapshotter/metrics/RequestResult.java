package dev.lazuli.snapshotter.metrics;

import dev.lazuli.registry.model.HostAnswer;
import java.util.Locale;

/** How a host answered; the values of the label {@code result}. */
enum RequestResult {
  /** With what was asked for. */
  OK,
  /** It refused: status 400 to 499. */
  REFUSED,
  /** It failed, or its answer is invalid. */
  SERVER_ERROR,
  /** Not at all, or not in time. */
  NO_ANSWER;

  static RequestResult of(HostAnswer answer) {
    return switch (answer) {
      case GIVEN -> OK;
      case REFUSED -> REFUSED;
      case FAILED -> SERVER_ERROR;
      case NONE -> NO_ANSWER;
    };
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
