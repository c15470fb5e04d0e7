package dev.lazuli.snapshotter.config;

import java.util.List;
import java.util.Optional;

/** What operators can see: the tables {@code status} and {@code metrics}. */
final class ReportSettings {
  static final Setting<Long> RECORD_SIZE =
      new Setting<>(
          "status.record_size",
          SettingKind.size(),
          1L << 20,
          "Memory for the record of what was fetched when, which lazuli status --waterfall draws;"
              + " the oldest is forgotten first. 0: no record.");
  static final Setting<Optional<String>> METRICS_ADDRESS =
      new Setting<>(
          "metrics.address",
          SettingKind.hostAndPort().orEmpty(),
          Optional.empty(),
          "Address at which Prometheus metrics are served over HTTP, at /metrics. Empty: none.");

  static final List<Setting<?>> ALL = List.of(RECORD_SIZE, METRICS_ADDRESS);

  private ReportSettings() {}
}
