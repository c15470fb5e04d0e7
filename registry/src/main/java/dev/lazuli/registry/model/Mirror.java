package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * A host that is asked before the registry itself, as in {@code [[resolver.host."x".mirrors]]}.
 *
 * @param host {@code host[:port]}, may carry a scheme ({@code https://}) and a path
 * @param insecure whether plain HTTP is used where the host carries no scheme
 * @param headers sent with every request to this host
 */
public record Mirror(String host, boolean insecure, Map<String, String> headers) {
  /**
   * The path of what clients take for a mirror, which only takes the pull secrets that they hand
   * over, and has no content.
   */
  public static final String PULL_SECRETS = "/lazuli-pull-secrets";

  /** Copies the headers. */
  public Mirror {
    requireNonNull(host);
    headers = Map.copyOf(headers);
  }

  /** Makes a mirror without headers. */
  public Mirror(String host, boolean insecure) {
    this(host, insecure, Map.of());
  }
}
