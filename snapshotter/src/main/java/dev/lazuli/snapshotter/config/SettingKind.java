package dev.lazuli.snapshotter.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * What values a setting takes and how they are written.
 *
 * @param expects the values in words, for messages and documentation
 * @param fromToml reads a value of the file; throws IllegalArgumentException when it is another
 *     kind
 * @param fromText reads a value of the command line; throws IllegalArgumentException likewise
 * @param toToml writes a value as the file has it
 */
record SettingKind<T>(
    String expects,
    Function<JsonNode, T> fromToml,
    Function<String, T> fromText,
    Function<T, String> toToml) {
  private static final Pattern LOOPBACK =
      Pattern.compile("(?:localhost|127(?:\\.[0-9]{1,3}){3}|\\[::1\\]):[0-9]{1,5}");

  private static final Pattern LIST = Pattern.compile("\\[\\s*(?:[\"']|\\]$)");

  static SettingKind<Boolean> flag() {
    return new SettingKind<>(
        "true or false",
        node -> require(node.isBoolean(), node).booleanValue(),
        text ->
            switch (text) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException(text);
            },
        String::valueOf);
  }

  static SettingKind<Integer> integer(int min, int max) {
    return new SettingKind<>(
        "a number from " + min + " to " + max,
        node -> within(require(node.isIntegralNumber(), node).longValue(), min, max),
        text -> within(Long.parseLong(text), min, max),
        String::valueOf);
  }

  static SettingKind<Long> size() {
    return ofText("a size such as \"64MiB\", or 0", Units::parseSize, Units::formatSize);
  }

  /** A size within these bounds, both in bytes. */
  static SettingKind<Long> size(long min, long max) {
    return ofText(
        "a size from %s to %s such as \"%s\""
            .formatted(
                Units.formatSize(min),
                Units.formatSize(max),
                Units.formatSize(Math.min(max, 512L << 20))),
        text -> {
          var value = Units.parseSize(text);
          if (value < min || value > max) {
            throw new IllegalArgumentException(text);
          }
          return value;
        },
        Units::formatSize);
  }

  static SettingKind<Duration> duration(Duration min, Duration max) {
    return ofText(
        "a duration from %s to %s such as \"30s\""
            .formatted(Units.formatDuration(min), Units.formatDuration(max)),
        text -> {
          var value = Units.parseDuration(text);
          if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(text);
          }
          return value;
        },
        Units::formatDuration);
  }

  /** An absolute path. */
  static SettingKind<Path> path() {
    return ofText("an absolute path", SettingKind::absolute, Path::toString);
  }

  /** A list of absolute paths. */
  static SettingKind<List<Path>> paths() {
    return listOf("a list of absolute paths", SettingKind::absolute, Path::toString);
  }

  static SettingKind<List<String>> texts(String expects) {
    return listOf(expects, Function.identity(), Function.identity());
  }

  /** An address to listen on. */
  static SettingKind<String> hostAndPort() {
    return ofText(
        "host:port",
        text -> {
          int colon = text.lastIndexOf(':');
          within(Long.parseLong(text.substring(colon + 1)), 0, 65535);
          if (colon < 1) {
            throw new IllegalArgumentException(text);
          }
          return text;
        },
        Function.identity());
  }

  /** A repository with its registry. */
  static SettingKind<String> repository() {
    return ofText(
        "registry/repository",
        text -> {
          if (!text.matches("[^/\\s@]+(/[^/:\\s@]+)+")) {
            throw new IllegalArgumentException(text);
          }
          return text;
        },
        Function.identity());
  }

  /** An address to listen on that only this machine reaches. */
  static SettingKind<String> loopbackAndPort() {
    return ofText(
        "a loopback address with a port, such as \"127.0.0.1:989\"",
        text -> {
          if (!LOOPBACK.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
          }
          return hostAndPort().fromText().apply(text);
        },
        Function.identity());
  }

  /** Takes the empty string besides. */
  SettingKind<Optional<T>> orEmpty() {
    return new SettingKind<>(
        expects + ", or \"\"",
        node ->
            node.isString() && node.stringValue().isEmpty()
                ? Optional.empty()
                : Optional.of(fromToml.apply(node)),
        text -> text.isEmpty() ? Optional.empty() : Optional.of(fromText.apply(text)),
        value -> value.map(toToml).orElse("\"\""));
  }

  static <E extends Enum<E>> SettingKind<E> choice(Class<E> type) {
    var names =
        Arrays.stream(type.getEnumConstants())
            .collect(
                Collectors.toMap(
                    SettingKind::choiceName, Function.identity(), (a, _) -> a, LinkedHashMap::new));
    return ofText(
        names.keySet().stream()
            .map(name -> '"' + name + '"')
            .collect(Collectors.joining(", ", "one of ", "")),
        text -> {
          var value = names.get(text.toLowerCase(Locale.ROOT));
          if (value == null) {
            throw new IllegalArgumentException(text);
          }
          return value;
        },
        SettingKind::choiceName);
  }

  /** A table whose keys are free and whose values are lists of strings. */
  static SettingKind<Map<String, List<String>>> table(String expects) {
    return new SettingKind<>(
        expects,
        node -> {
          require(node.isObject(), node);
          var table = new LinkedHashMap<String, List<String>>();
          node.forEachEntry((key, value) -> table.put(key, row(key, value)));
          return table;
        },
        text -> {
          throw new IllegalArgumentException(text);
        },
        table ->
            table.entrySet().stream()
                .map(entry -> quote(entry.getKey()) + " = " + listToToml(entry.getValue()))
                .collect(Collectors.joining(", ", "{", "}")));
  }

  private static <T> SettingKind<T> ofText(
      String expects, Function<String, T> parse, Function<T, String> print) {
    return new SettingKind<>(
        expects, node -> parse.apply(scalar(node)), parse, value -> quote(print.apply(value)));
  }

  private static <T> SettingKind<List<T>> listOf(
      String expects, Function<String, T> parse, Function<T, String> print) {
    return new SettingKind<>(
        expects,
        node -> texts(node).stream().map(parse).toList(),
        text -> words(text).stream().map(parse).toList(),
        list -> listToToml(list.stream().map(print).toList()));
  }

  /** A list as the file has it is understood too: a bracket with a quote begins no other value. */
  private static List<String> words(String text) {
    if (LIST.matcher(text).lookingAt()) {
      try {
        return texts(TomlMapper.shared().readTree("list = " + text).path("list"));
      } catch (JacksonException e) {
        throw new IllegalArgumentException(text, e);
      }
    }
    return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
  }

  private static String listToToml(List<String> values) {
    return values.stream().map(SettingKind::quote).collect(Collectors.joining(", ", "[", "]"));
  }

  private static List<String> row(String key, JsonNode value) {
    if (value.isString()) {
      throw new RowException(
          "%s must be a list, such as [%s]".formatted(quote(key), quote(value.stringValue())));
    }
    return texts(value);
  }

  /** A row of a table that is not as expected, in words that stand alone. */
  static final class RowException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    RowException(String message) {
      super(message);
    }
  }

  private static List<String> texts(JsonNode node) {
    require(node.isArray(), node);
    var texts = new ArrayList<String>();
    for (var element : node) {
      texts.add(require(element.isString(), element).stringValue());
    }
    return texts;
  }

  /** A bare 0 needs no unit, so no quotes either. */
  private static String scalar(JsonNode node) {
    boolean zero = node.isIntegralNumber() && node.longValue() == 0;
    return zero ? "0" : require(node.isString(), node).stringValue();
  }

  private static Path absolute(String text) {
    try {
      var path = Path.of(text);
      if (path.isAbsolute()) {
        return path.normalize();
      }
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(text, e);
    }
    throw new IllegalArgumentException(text);
  }

  private static int within(long value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(Long.toString(value));
    }
    return (int) value;
  }

  private static JsonNode require(boolean fits, JsonNode node) {
    if (!fits) {
      throw new IllegalArgumentException(node.getNodeType().name());
    }
    return node;
  }

  private static String choiceName(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
