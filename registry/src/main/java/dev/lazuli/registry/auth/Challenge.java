package dev.lazuli.registry.auth;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One challenge of a WWW-Authenticate header (RFC 9110, 11.6.1).
 *
 * @param scheme {@code basic}, {@code bearer} or another, in small letters
 * @param parameters by their names in small letters; of a doubled one the first
 */
public record Challenge(String scheme, Map<String, String> parameters) {
  private static final int MAX_LENGTH = 8 << 10;

  /** About what a challenge takes beside its texts, and each of its parameters. */
  private static final int OBJECT_BYTES = 150;

  /** Copies the parameters. */
  public Challenge {
    parameters = Map.copyOf(parameters);
  }

  /** Returns what a client should answer: Bearer before Basic, whatever their order. */
  public static Optional<Challenge> choose(List<String> headers) {
    var all = new ArrayList<Challenge>();
    headers.forEach(header -> all.addAll(parse(header)));
    return pick(all, "bearer").or(() -> pick(all, "basic"));
  }

  private static Optional<Challenge> pick(List<Challenge> all, String scheme) {
    return all.stream().filter(c -> c.scheme.equals(scheme)).findFirst();
  }

  /** Returns about how many bytes of the heap this takes. */
  int bytes() {
    int bytes = OBJECT_BYTES;
    for (var parameter : parameters.entrySet()) {
      bytes += OBJECT_BYTES + parameter.getKey().length() + parameter.getValue().length();
    }
    return bytes;
  }

  /** Returns whether a token server is to be asked. */
  boolean isBearer() {
    return scheme.equals("bearer");
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /** Returns the challenges of one header; as many as make sense. */
  static List<Challenge> parse(String header) {
    var challenges = new ArrayList<Challenge>();
    if (header.length() > MAX_LENGTH) {
      return challenges;
    }
    var in = new Scanner(header);
    String scheme = null;
    Map<String, String> parameters = new HashMap<>();
    while (in.skipSeparators()) {
      String name = in.token();
      if (name.isEmpty()) {
        break; // not the grammar: what came before may still be good
      }
      if (scheme != null && in.accept('=')) {
        parameters.putIfAbsent(name.toLowerCase(Locale.ROOT), in.value());
        continue;
      }
      if (scheme != null) {
        challenges.add(new Challenge(scheme, parameters));
        parameters = new HashMap<>();
      }
      scheme = name.toLowerCase(Locale.ROOT);
    }
    if (scheme != null) {
      challenges.add(new Challenge(scheme, parameters));
    }
    return challenges;
  }

  /** A position in a header's text. */
  private static final class Scanner {
    private final String text;
    private int at;

    Scanner(String text) {
      this.text = text;
    }

    /** Skips white space and commas; returns whether anything follows. */
    boolean skipSeparators() {
      while (at < text.length() && " \t,".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      return at < text.length();
    }

    String token() {
      int start = at;
      while (at < text.length() && " \t,=\"".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(start, at);
    }

    boolean accept(char c) {
      int next = at;
      while (next < text.length() && text.charAt(next) == ' ') {
        next++;
      }
      if (next < text.length() && text.charAt(next) == c) {
        at = next + 1;
        return true;
      }
      return false;
    }

    String value() {
      while (at < text.length() && text.charAt(at) == ' ') {
        at++;
      }
      if (at == text.length() || text.charAt(at) != '"') {
        return token();
      }
      var value = new StringBuilder();
      for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
        if (text.charAt(at) == '\\' && at + 1 < text.length()) {
          at++;
        }
        value.append(text.charAt(at));
      }
      at++;
      return value.toString();
    }
  }
}
