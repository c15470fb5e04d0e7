package dev.lazuli.snapshotter.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where the daemon keeps things, where it listens, and what it logs. */
final class NodeSettings {
  static final Setting<Path> ROOT =
      new Setting<>(
          "root",
          SettingKind.path(),
          Path.of("/var/lib/lazuli"),
          "Where layers and snapshots are kept.");
  static final Setting<Path> STATE =
      new Setting<>(
          "state",
          SettingKind.path(),
          Path.of("/run/lazuli"),
          "Where sockets and the FUSE mount are; need not survive a reboot.");
  static final Setting<Optional<Path>> ADDRESS =
      new Setting<>(
          "address",
          SettingKind.path().orEmpty(),
          Optional.empty(),
          "Unix socket of the snapshots service, the address of containerd's proxy plugin. Empty:"
              + " lazuli.sock in the state directory.");
  static final Setting<LogLevel> LOG_LEVEL =
      new Setting<>(
          "log.level",
          SettingKind.choice(LogLevel.class),
          LogLevel.INFO,
          "The least important events that are logged.");
  static final Setting<LogFormat> LOG_FORMAT =
      new Setting<>(
          "log.format",
          SettingKind.choice(LogFormat.class),
          LogFormat.TEXT,
          "How the log on standard error is written.");

  static final List<Setting<?>> ALL = List.of(ROOT, STATE, ADDRESS, LOG_LEVEL, LOG_FORMAT);

  private NodeSettings() {}
}
