package dev.lazuli.snapshotter.cli;

import java.util.HashSet;
import java.util.Optional;

/**
 * Reads the daemon's command line without picocli, whose class files are too old for the AOT cache:
 * loading them takes longer than everything else that the daemon does before it listens. Reads only
 * what is clearly right; help, mistakes and the finer points of a command line are left to picocli.
 */
final class DaemonArguments {
  private DaemonArguments() {}

  /**
   * Returns what the options say, or nothing where picocli is to read them.
   *
   * @param args the command line; the first word is the command
   */
  static Optional<ConfigurationOptions> read(String[] args) {
    var options = new ConfigurationOptions();
    var seen = new HashSet<String>();
    for (int i = 1; i < args.length; i++) {
      var word = args[i];
      int equals = word.indexOf('=');
      var name = equals < 0 ? word : word.substring(0, equals);
      if (equals < 0 && ++i == args.length) {
        return Optional.empty();
      }
      var value = equals < 0 ? args[i] : word.substring(equals + 1);
      boolean repeated = !seen.add(name) && !name.equals(ConfigurationFile.SET);
      if (repeated || !isPlain(value) || !options.take(name, value)) {
        return Optional.empty();
      }
    }
    return Optional.of(options);
  }

  /** Whether no command line would take the word for anything but a value. */
  private static boolean isPlain(String value) {
    return !value.isEmpty() && !value.startsWith("-") && !value.startsWith("@");
  }
}
