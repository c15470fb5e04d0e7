package dev.lazuli.registry.model;

/** How a host answered a request. */
public enum HostAnswer {
  /** With what was asked for. */
  GIVEN,
  /** It refused: status 400 to 499. */
  REFUSED,
  /** It failed, or its answer is invalid. */
  FAILED,
  /** Not at all, or not in time. */
  NONE
}
