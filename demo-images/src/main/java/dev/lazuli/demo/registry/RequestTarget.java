package dev.lazuli.demo.registry;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What the path of a request names, after the OCI distribution specification. */
public sealed interface RequestTarget {
  /** Where the paths of the second origin begin. */
  String STORE = "/store/";

  /** {@code /v2/}. */
  record Ping() implements RequestTarget {}

  /** {@code /v2/<repository>/manifests/<tag or digest>}. */
  record Manifest(String repository, String reference) implements RequestTarget {}

  /** {@code /v2/<repository>/blobs/<digest>}. */
  record Blob(String repository, String digest) implements RequestTarget {}

  /**
   * {@code /v2/<repository>/blobs/uploads/<session>}; the session is empty where one is to start.
   */
  record Upload(
      String repository, String session, Optional<String> digest, Optional<String> mountedDigest)
      implements RequestTarget {}

  /** {@code /v2/<repository>/tags/list}. */
  record Tags(String repository) implements RequestTarget {}

  /** {@code /v2/<repository>/referrers/<digest>}. */
  record Referrers(String repository, String digest, Optional<String> artifactType)
      implements RequestTarget {}

  /** {@code /token}: the token service. */
  record Token(List<String> scopes) implements RequestTarget {
    /** Copies the list. */
    public Token {
      scopes = List.copyOf(scopes);
    }
  }

  /** {@code /store/<digest>}: a blob at the second origin. */
  record Stored(String digest, String ticket) implements RequestTarget {}

  /** Anything else. */
  record Unknown(String path) implements RequestTarget {}

  /** Reads the target of a request line. */
  static RequestTarget parse(String uri) {
    var query = new QueryStringDecoder(uri);
    var path = query.path();
    if (path.equals("/v2/") || path.equals("/v2")) {
      return new Ping();
    }
    if (path.equals("/token")) {
      return new Token(scopes(query));
    }
    if (path.startsWith(STORE)) {
      return new Stored(path.substring(STORE.length()), parameter(query, "ticket").orElse(""));
    }
    var parts = path.split("/", -1);
    if (parts.length < 5 || !parts[0].isEmpty() || !parts[1].equals("v2")) {
      return new Unknown(path);
    }
    var last = parts[parts.length - 1];
    var kind = parts[parts.length - 2];
    if (kind.equals("uploads") && parts.length > 5 && parts[parts.length - 3].equals("blobs")) {
      return new Upload(
          repository(parts, 3), last, parameter(query, "digest"), parameter(query, "mount"));
    }
    var repository = repository(parts, 2);
    return switch (kind) {
      case "manifests" -> new Manifest(repository, last);
      case "blobs" -> new Blob(repository, last);
      case "tags" -> new Tags(repository);
      case "referrers" -> new Referrers(repository, last, parameter(query, "artifactType"));
      default -> new Unknown(path);
    };
  }

  private static String repository(String[] parts, int tail) {
    return String.join("/", Arrays.copyOfRange(parts, 2, parts.length - tail));
  }

  /** A client may send several scopes, or one parameter with spaces between them. */
  private static List<String> scopes(QueryStringDecoder query) {
    return query.parameters().getOrDefault("scope", List.of()).stream()
        .flatMap(value -> Arrays.stream(value.split(" ", -1)))
        .toList();
  }

  private static Optional<String> parameter(QueryStringDecoder query, String name) {
    var values = query.parameters().get(name);
    return values == null ? Optional.empty() : Optional.of(values.getFirst());
  }
}
