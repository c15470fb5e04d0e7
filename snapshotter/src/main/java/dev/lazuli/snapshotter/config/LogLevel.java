package dev.lazuli.snapshotter.config;

/** The least important events that are still logged. */
public enum LogLevel {
  /** Every request and every chunk; also what the libraries say. */
  TRACE,
  /** Decisions and their reasons. */
  DEBUG,
  /** What an operator wants to see of a healthy daemon. */
  INFO,
  /** Something failed and the daemon worked around it. */
  WARN,
  /** Something failed that a user or container notices. */
  ERROR
}
