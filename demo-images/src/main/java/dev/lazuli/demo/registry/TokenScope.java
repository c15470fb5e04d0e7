package dev.lazuli.demo.registry;

import io.netty.handler.codec.http.HttpMethod;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Some actions on a repository, written {@code repository:NAME:pull,push}.
 *
 * @param repository name, or "" for nothing in particular
 * @param actions {@code pull} and {@code push}
 */
record TokenScope(String repository, Set<String> actions) {
  private static final TokenScope NOTHING = new TokenScope("", Set.of());
  private static final String PRIVATE = "private/";

  TokenScope {
    actions = Set.copyOf(actions);
  }

  /** Returns what a request needs. */
  static TokenScope needed(IncomingRequest request) {
    var repository = request.described().repository();
    if (repository.isEmpty()) {
      return NOTHING;
    }
    var reads = request.isGet() || request.method().equals(HttpMethod.HEAD);
    return new TokenScope(repository, reads ? Set.of("pull") : Set.of("pull", "push"));
  }

  /** Reads a scope; one that cannot be read grants nothing. */
  static TokenScope parse(String text) {
    var parts = text.split(":", -1);
    return parts.length == 3 && parts[0].equals("repository")
        ? new TokenScope(parts[1], new HashSet<>(List.of(parts[2].split(",", -1))))
        : NOTHING;
  }

  /** Returns what of this everybody may do. */
  TokenScope anonymousPart() {
    return repository.startsWith(PRIVATE) || !actions.contains("pull")
        ? NOTHING
        : new TokenScope(repository, Set.of("pull"));
  }

  boolean isEmpty() {
    return actions.isEmpty();
  }

  boolean covers(TokenScope other) {
    return other.isEmpty()
        || (repository.equals(other.repository) && actions.containsAll(other.actions));
  }

  String text() {
    return "repository:" + repository + ":" + String.join(",", actions.stream().sorted().toList());
  }
}
