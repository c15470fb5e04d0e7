package dev.lazuli.demo.registry;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Tokens that were issued: random words that mean something here alone. */
final class Tokens {
  private record Grant(List<TokenScope> scopes, long expiresNanos) {}

  private final Map<String, Grant> grants = new HashMap<>();
  private final SecureRandom random = new SecureRandom();

  String issue(List<TokenScope> scopes, Duration lifetime) {
    var bytes = new byte[24];
    random.nextBytes(bytes);
    var token = HexFormat.of().formatHex(bytes);
    grants.put(token, new Grant(scopes, System.nanoTime() + lifetime.toNanos()));
    return token;
  }

  boolean allows(String token, TokenScope needed) {
    var grant = grants.get(token);
    return grant != null
        && System.nanoTime() - grant.expiresNanos < 0
        && (needed.isEmpty() || grant.scopes.stream().anyMatch(scope -> scope.covers(needed)));
  }
}
