package dev.lazuli.snapshotter.config;

/** How a log line is written. */
public enum LogFormat {
  /** {@code 2026-01-01T00:00:00.000Z INFO [layers] message key=value}, for people. */
  TEXT,
  /** One flat JSON object for each event, with the field names of containerd's own JSON log. */
  JSON
}
