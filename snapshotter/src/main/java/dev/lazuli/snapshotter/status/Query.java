package dev.lazuli.snapshotter.status;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.snapshotter.status.RequestException.Reason;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * The parameters of a request: what follows the question mark in its URL, decoded.
 *
 * @param values value by name, each name once
 */
public record Query(Map<String, String> values) {
  /** No parameters. */
  public static final Query NONE = new Query(Map.of());

  /** Copies the map. */
  public Query {
    values = Map.copyOf(values);
  }

  /**
   * Reads the part after the question mark.
   *
   * @throws RequestException if it is malformed or names a parameter twice
   */
  static Query parse(String text) throws RequestException {
    SequencedMap<String, String> values = new LinkedHashMap<>();
    for (var pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      var name = decode(equals < 0 ? pair : pair.substring(0, equals));
      var value = equals < 0 ? "" : decode(pair.substring(equals + 1));
      if (!name.isEmpty() && values.put(name, value) != null) {
        throw bad("parameter " + name + " is given twice");
      }
    }
    return new Query(values);
  }

  private static String decode(String text) throws RequestException {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      throw bad("a parameter is not URL-encoded: " + e.getMessage());
    }
  }

  /** Returns the text that {@link #parse} reads, with its question mark; empty for none. */
  String encoded() {
    return values.entrySet().stream()
        .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
        .map(entry -> encode(entry.getKey()) + "=" + encode(entry.getValue()))
        .collect(Collectors.joining("&", values.isEmpty() ? "" : "?", ""));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  /**
   * Refuses names that nobody asked for: a parameter that is ignored is a mistake that nobody sees.
   *
   * @throws RequestException naming the first that is not in {@code names}
   */
  public void allowOnly(Collection<String> names) throws RequestException {
    for (var name : values.keySet()) {
      if (!names.contains(name)) {
        throw bad("unknown parameter " + name + ", known are: " + String.join(", ", names));
      }
    }
  }

  /**
   * Returns a parameter.
   *
   * @throws RequestException if it is missing or empty
   */
  public String require(String name) throws RequestException {
    var value = values.getOrDefault(name, "");
    if (value.isEmpty()) {
      throw bad("parameter " + name + " is missing");
    }
    return value;
  }

  /** Returns whether a parameter is {@code true}; it is {@code false} where it is missing. */
  public boolean flag(String name) throws RequestException {
    return switch (values.getOrDefault(name, "false")) {
      case "true", "" -> true;
      case "false" -> false;
      default -> throw bad("parameter " + name + " is not true or false");
    };
  }

  /**
   * Returns a number of bytes.
   *
   * @throws RequestException if it is not a number, or negative
   */
  public Optional<Long> bytes(String name) throws RequestException {
    var value = values.get(name);
    if (value == null) {
      return Optional.empty();
    }
    try {
      long bytes = Long.parseLong(value);
      if (bytes >= 0) {
        return Optional.of(bytes);
      }
    } catch (NumberFormatException _) {
      // Said below, with the name.
    }
    throw bad("parameter " + name + " is not a number of bytes");
  }

  private static RequestException bad(String message) {
    return new RequestException(Reason.BAD_REQUEST, message);
  }
}
