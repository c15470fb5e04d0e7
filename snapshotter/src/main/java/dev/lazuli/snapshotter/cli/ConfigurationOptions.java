package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.config.ConfigurationException;
import dev.lazuli.snapshotter.config.LogFormat;
import dev.lazuli.snapshotter.config.LogLevel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that need the daemon's configuration; a mixin. */
final class ConfigurationOptions {
  @Mixin private ConfigurationFile file = new ConfigurationFile();

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "Where layers and snapshots are kept.")
  private @Nullable Path root;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Where sockets and the FUSE mount are.")
  private @Nullable Path state;

  @Option(
      names = "--address",
      paramLabel = "SOCKET",
      description = "Unix socket of the snapshots service.")
  private @Nullable Path address;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      description = "One of: ${COMPLETION-CANDIDATES}.")
  private @Nullable LogLevel logLevel;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      description = "One of: ${COMPLETION-CANDIDATES}.")
  private @Nullable LogFormat logFormat;

  /**
   * Reads the file and lets the options win over it.
   *
   * @throws ConfigurationException if the file or an option cannot be used
   */
  Configuration load() throws ConfigurationException {
    var overrides = new LinkedHashMap<String, String>();
    put(overrides, "root", absolute(root));
    put(overrides, "state", absolute(state));
    put(overrides, "address", absolute(address));
    put(overrides, "log.level", logLevel);
    put(overrides, "log.format", logFormat);
    return file.load(overrides);
  }

  /**
   * Takes an option as picocli would.
   *
   * @return whether there is such an option and the value is one for it
   */
  boolean take(String name, String value) {
    switch (name) {
      case "--root" -> root = Path.of(value);
      case "--state" -> state = Path.of(value);
      case "--address" -> address = Path.of(value);
      case "--log-level" -> {
        logLevel = constant(LogLevel.values(), value);
        return logLevel != null;
      }
      case "--log-format" -> {
        logFormat = constant(LogFormat.values(), value);
        return logFormat != null;
      }
      default -> {
        return file.take(name, value);
      }
    }
    return true;
  }

  private static <E extends Enum<E>> @Nullable E constant(E[] constants, String name) {
    for (var constant : constants) {
      if (constant.name().equalsIgnoreCase(name)) {
        return constant;
      }
    }
    return null;
  }

  private static void put(Map<String, String> overrides, String key, @Nullable Object value) {
    if (value != null) {
      overrides.put(key, value.toString());
    }
  }

  private static @Nullable Path absolute(@Nullable Path path) {
    return path == null ? null : path.toAbsolutePath();
  }
}
