package dev.lazuli.snapshotter.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * One key of the configuration file.
 *
 * @param key the key with its table, {@code fetch.streams}
 * @param kind what values it takes
 * @param preset the value when the file says nothing
 * @param text what it does, in one or two sentences
 */
record Setting<T>(String key, SettingKind<T> kind, T preset, String text) {
  /** Returns the table, empty for keys at the top of the file. */
  String table() {
    int dot = key.indexOf('.');
    return dot < 0 ? "" : key.substring(0, dot);
  }

  String name() {
    return key.substring(key.indexOf('.') + 1);
  }

  /** Returns the preset as the file would have it. */
  String presetToml() {
    return kind.toToml().apply(preset);
  }

  /**
   * Returns the file with every setting at its preset, explained and commented out: a file that
   * says nothing goes along with presets that change.
   */
  static String file(List<Setting<?>> settings) {
    var file =
        new StringBuilder(
            "# Lazuli's configuration. Every key is optional; the values here are the defaults."
                + " Take the # away\n"
                + "# before a key to set it.\n");
    var table = "";
    for (var setting : settings) {
      if (!setting.table().equals(table)) {
        table = setting.table();
        file.append("\n[").append(table).append("]\n");
      } else if (table.isEmpty()) {
        file.append('\n');
      }
      file.append(comment(setting.text() + " (" + setting.kind().expects() + ")"));
      file.append('#')
          .append(setting.name())
          .append(" = ")
          .append(setting.presetToml())
          .append('\n');
    }
    return file.toString();
  }

  private static String comment(String text) {
    var words = text.replaceAll("(.{1,96})(?: |$)", "$1\n").lines();
    return words.map(line -> "# " + line.strip() + '\n').collect(Collectors.joining());
  }
}
