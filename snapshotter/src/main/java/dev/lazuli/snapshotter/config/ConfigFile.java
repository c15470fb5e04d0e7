package dev.lazuli.snapshotter.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * Reads a configuration file strictly: what it does not understand it refuses, naming line and key.
 */
final class ConfigFile {
  // A configuration is written by hand; a larger one is a mistake, such as the path of another
  // file.
  private static final long MAX_BYTES = 64 << 10;
  private static final Map<String, Setting<?>> BY_KEY =
      Settings.all().stream().collect(Collectors.toMap(Setting::key, Function.identity()));

  private final Path file;
  private final String text;
  private final Map<Setting<?>, Object> values = new HashMap<>();

  private ConfigFile(Path file, String text) {
    this.file = file;
    this.text = text;
  }

  /** Reads {@code file}, then lets {@code overrides} replace single values. */
  static Values read(Path file, Map<String, String> overrides) throws ConfigurationException {
    var reader = new ConfigFile(file, readText(file));
    reader.parse();
    for (var override : overrides.entrySet()) {
      reader.override(override.getKey(), override.getValue());
    }
    return new Values(reader.values);
  }

  private static String readText(Path file) throws ConfigurationException {
    try {
      if (!Files.exists(file) && file.equals(Configuration.DEFAULT_FILE)) {
        return "";
      }
      if (Files.isDirectory(file)) {
        throw new ConfigurationException(file + ": is a directory");
      }
      if (Files.size(file) > MAX_BYTES) {
        throw new ConfigurationException(file + ": larger than " + Units.formatSize(MAX_BYTES));
      }
      return Files.readString(file);
    } catch (ConfigurationException e) {
      throw e;
    } catch (CharacterCodingException e) {
      throw new ConfigurationException(file + ": not UTF-8 text");
    } catch (IOException e) {
      var reason = Files.exists(file) ? "cannot be read" : "no such file";
      throw new ConfigurationException(file + ": " + reason);
    }
  }

  private void parse() throws ConfigurationException {
    if (text.isEmpty()) {
      return; // Most nodes have no file, and need not load a parser for it.
    }
    JsonNode root;
    try {
      root = TomlMapper.shared().readTree(text);
    } catch (JacksonException e) {
      var place = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      throw new ConfigurationException(file + place + ": " + shortened(e.getOriginalMessage()));
    } catch (StackOverflowError e) {
      // The parser recurses into tables and does not count how deep.
      throw new ConfigurationException(file + ": tables are nested too deeply");
    }
    for (var entry : root.properties()) {
      if (entry.getValue().isObject() && isTable(entry.getKey())) {
        for (var inner : entry.getValue().properties()) {
          take(entry.getKey() + '.' + inner.getKey(), inner.getValue());
        }
      } else {
        take(entry.getKey(), entry.getValue());
      }
    }
  }

  private void take(String key, JsonNode value) throws ConfigurationException {
    var setting = BY_KEY.get(key);
    if (setting == null) {
      throw new ConfigurationException(file + line(key) + ": " + unknown(key));
    }
    try {
      values.put(setting, setting.kind().fromToml().apply(value));
    } catch (SettingKind.RowException e) {
      throw new ConfigurationException(
          file + line(key) + ": " + key + ": " + shortened("" + e.getMessage()));
    } catch (IllegalArgumentException | JacksonException e) {
      throw new ConfigurationException(file + line(key) + ": " + wrong(setting, printed(value)));
    }
  }

  private void override(String key, String value) throws ConfigurationException {
    var setting = BY_KEY.get(key);
    if (setting == null) {
      throw new ConfigurationException(unknown(key));
    }
    try {
      values.put(setting, setting.kind().fromText().apply(value));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(wrong(setting, value));
    }
  }

  private static String printed(JsonNode value) {
    return value.isContainer() ? "a list or table" : shortened(value.toString());
  }

  private static String shortened(String text) {
    return text.length() <= 100 ? text : text.substring(0, 100) + "...";
  }

  private static boolean isTable(String name) {
    return BY_KEY.keySet().stream().anyMatch(key -> key.startsWith(name + '.'));
  }

  private static String wrong(Setting<?> setting, String value) {
    return "%s is %s, expected %s".formatted(setting.key(), value, setting.kind().expects());
  }

  private static String unknown(String key) {
    var name = key.substring(key.lastIndexOf('.') + 1);
    var near = BY_KEY.keySet().stream().filter(known -> isNear(known, key, name)).sorted().toList();
    return "unknown key "
        + shortened(key)
        + (near.isEmpty() ? "" : ", did you mean " + String.join(" or ", near) + "?");
  }

  private static boolean isNear(String known, String key, String name) {
    return known.endsWith('.' + name) || distance(known, key) <= 2;
  }

  /** Returns how many single-character edits turn one word into the other. */
  private static int distance(String a, String b) {
    var previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      var current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replace, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[b.length()];
  }

  /**
   * Returns {@code :LINE} of a key, or nothing if it does not find the spelling. The parser keeps
   * no places, so this looks for {@code key =} after {@code [table]}, or for a table of that name.
   */
  private String line(String key) {
    int dot = key.indexOf('.');
    var wantedTable = dot < 0 ? "" : key.substring(0, dot);
    var name = Pattern.quote(key.substring(dot + 1));
    var assignment = Pattern.compile("\\s*[\"']?" + name + "[\"']?\\s*[.=].*");
    var header = Pattern.compile("\\s*\\[+\\s*" + Pattern.quote(key) + "[\\s.\\]].*");
    var table = "";
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      var line = lines.get(i);
      if (header.matcher(line).matches()) {
        return ":" + (i + 1);
      }
      if (line.stripLeading().startsWith("[")) {
        table = line.replaceAll("[\\[\\]\\s]|#.*", "");
      } else if (table.equals(wantedTable) && assignment.matcher(line).matches()) {
        return ":" + (i + 1);
      }
    }
    return "";
  }
}
