package dev.lazuli.snapshotter.metrics;

import java.util.Locale;

/** Why a range could not be fetched; the values of the label {@code reason}. */
public enum FetchFailure {
  /** No connection, or no answer in time. */
  NO_ANSWER,
  /** The registry wants other credentials: status 401 or 403. */
  UNAUTHORIZED,
  /** The registry does not have it: status 404. */
  NOT_FOUND,
  /** Another refusal: status 400 to 499. */
  REFUSED,
  /** The registry failed: status 500 and more. */
  SERVER_ERROR,
  /** What came has the wrong digest, or is not what the index says. */
  WRONG_BYTES,
  /** Something else, such as a full disk or a body that ended early. */
  OTHER;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
