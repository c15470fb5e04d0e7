package dev.lazuli.demo.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.demo.registry.RegistryDemands.Access;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Base64;
import java.util.Optional;

/**
 * Lets requests in or answers 401, as RFC 9110 (11) and the token specification of the distribution
 * project have it. Confined to the event loop.
 */
final class AccessGate {
  private static final String SERVICE = "local-registry";

  private final Access access;
  private final Tokens tokens;

  AccessGate(Access access) {
    this.access = access;
    this.tokens = new Tokens();
  }

  /** Returns the refusal of a request, or nothing if it may pass. */
  Optional<Reply> refusal(IncomingRequest request) {
    var credentials = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
    return switch (access) {
      case Access.Anonymous() -> Optional.empty();
      case Access.Basic(var user, var password) ->
          credentials.equals(basic(user, password))
              ? Optional.empty()
              : Optional.of(unauthorized("Basic realm=\"test\""));
      case Access.Bearer _ -> bearer(request, credentials);
    };
  }

  private Optional<Reply> bearer(IncomingRequest request, String credentials) {
    var scope = TokenScope.needed(request);
    var token = credentials.startsWith("Bearer ") ? credentials.substring(7) : "";
    if (tokens.allows(token, scope)) {
      return Optional.empty();
    }
    var challenge = "Bearer realm=\"" + request.origin() + "/token\",service=\"" + SERVICE + "\"";
    if (!scope.isEmpty()) {
      challenge += ",scope=\"" + scope.text() + "\"";
    }
    return Optional.of(
        unauthorized(token.isEmpty() ? challenge : challenge + ",error=\"invalid_token\""));
  }

  /** Answers the token service. */
  Reply token(IncomingRequest request, RequestTarget.Token target) {
    if (!(access instanceof Access.Bearer(var user, var password, var lifetime))) {
      return Reply.notFound("UNSUPPORTED", "no token service");
    }
    var credentials = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
    var known = credentials.equals(basic(user, password));
    if (!known && !credentials.isEmpty()) {
      return unauthorized("Basic realm=\"token service\"");
    }
    var granted =
        target.scopes().stream()
            .map(TokenScope::parse)
            .map(scope -> known ? scope : scope.anonymousPart())
            .toList();
    var json =
        RegistryJson.MAPPER
            .createObjectNode()
            .put("token", tokens.issue(granted, lifetime))
            .put("expires_in", Math.max(1, lifetime.toSeconds()));
    return Reply.json(HttpResponseStatus.OK, json.toString().getBytes(UTF_8));
  }

  private static Reply unauthorized(String challenge) {
    return Reply.error(HttpResponseStatus.UNAUTHORIZED, "UNAUTHORIZED", "credentials wanted")
        .with(HttpHeaderNames.WWW_AUTHENTICATE, challenge);
  }

  private static String basic(String user, String password) {
    return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
  }
}
