package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.config.ConfigurationException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which configuration counts: for commands that need no more of the daemon; a mixin. */
final class ConfigurationFile {
  /** The option that may be repeated. */
  static final String SET = "--set";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file. Default: /etc/lazuli/config.toml, if there is one.")
  private @Nullable Path file;

  @Option(
      names = SET,
      paramLabel = "KEY=VALUE",
      description = "Set any key of the configuration, for example fetch.streams=4.")
  private Map<String, String> settings = new LinkedHashMap<>();

  /**
   * Reads the file and lets the options win over it.
   *
   * @param others what wins over both, as keys with their values
   * @throws ConfigurationException if the file or an option cannot be used
   */
  Configuration load(Map<String, String> others) throws ConfigurationException {
    var overrides = new LinkedHashMap<>(settings);
    overrides.putAll(others);
    return Configuration.load(file == null ? Configuration.DEFAULT_FILE : file, overrides);
  }

  /**
   * Takes an option as picocli would.
   *
   * @return whether there is such an option and the value is one for it
   */
  boolean take(String name, String value) {
    if (name.equals("--config")) {
      file = Path.of(value);
      return true;
    }
    int equals = value.indexOf('=');
    if (!name.equals(SET) || equals <= 0) {
      return false;
    }
    settings.put(value.substring(0, equals), value.substring(equals + 1));
    return true;
  }
}
