package dev.lazuli.registry.auth;

import dev.lazuli.registry.hosts.HostFailure;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpBody;
import dev.lazuli.registry.http.HttpCall;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.http.HttpTransport;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.Text;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringEncoder;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Fetches bearer tokens: by GET, with Basic authentication where there is a password, or by POST
 * for an identity token.
 *
 * @see <a href="https://distribution.github.io/distribution/spec/auth/token/">Docker's token
 *     authentication</a>
 */
public final class TokenServer {
  private static final JsonFactory JSON = new JsonFactory();

  /** 64 KiB: what a header of a request may have is less. */
  private static final int MAX_BYTES = 64 << 10;

  /** Few servers take a header that is longer. */
  private static final int MAX_TOKEN = 16 << 10;

  /** What the specification says where the server does not. */
  private static final long DEFAULT_SECONDS = 60;

  private static final long MAX_SECONDS = Duration.ofHours(12).toSeconds();

  private final HttpTransport transport;

  /** Makes a client of token servers; nothing is contacted yet. */
  public TokenServer(HttpTransport transport) {
    this.transport = transport;
  }

  /**
   * Fetches a token.
   *
   * @param challenge the registry's Bearer challenge
   * @param scope what the token is to allow
   * @throws HostFailure if the server refuses, or is not to be trusted with the credentials
   */
  Token fetch(
      RegistryHost host,
      Challenge challenge,
      String scope,
      Optional<Credentials> credentials,
      Abort abort)
      throws IOException {
    URI realm = realm(challenge.parameter("realm"));
    Origin origin = origin(realm, host);
    if (credentials.isPresent() && host.origin().tls() && !origin.tls()) {
      throw HostFailure.lasting(
          401, "token server " + origin.url() + ": credentials would be sent unencrypted");
    }
    long now = System.nanoTime();
    var call = call(realm, origin, challenge.parameter("service"), scope, credentials);
    try (HttpReply reply = send(call, abort)) {
      if (reply.status() != 200) {
        HostFailure failure = HostFailure.of(reply);
        String reason = "token server " + origin.authority() + ": " + failure.getMessage();
        throw failure.isPassing()
            ? HostFailure.senseless(failure.status(), reason)
            : HostFailure.lasting(failure.status(), reason);
      }
      return parse(reply.readAll(MAX_BYTES), origin, now);
    }
  }

  private HttpReply send(HttpCall call, Abort abort) throws IOException {
    try {
      return transport.send(call, abort);
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException("token server " + call.origin().authority() + ": " + e.getMessage(), e);
    }
  }

  private static HttpCall call(
      URI realm, Origin origin, String service, String scope, Optional<Credentials> credentials) {
    HttpHeaders headers = HttpCall.newHeaders();
    if (credentials.isPresent() && credentials.get().kind() == Credentials.Kind.IDENTITY_TOKEN) {
      var form = new QueryStringEncoder("");
      form.addParam("grant_type", "refresh_token");
      form.addParam("client_id", "lazuli");
      form.addParam("service", service);
      form.addParam("scope", scope);
      form.addParam("refresh_token", credentials.get().secret());
      headers.set("Content-Type", "application/x-www-form-urlencoded");
      byte[] body = form.toString().substring(1).getBytes(StandardCharsets.UTF_8);
      return new HttpCall(HttpMethod.POST, origin, target(realm), headers, HttpBody.of(body));
    }
    var query = new QueryStringEncoder("");
    if (!service.isEmpty()) {
      query.addParam("service", service);
    }
    query.addParam("scope", scope);
    credentials.ifPresent(user -> headers.set("Authorization", HttpTransport.basic(user)));
    String separator = realm.getRawQuery() == null ? "?" : "&";
    String target = target(realm) + separator + query.toString().substring(1);
    return new HttpCall(HttpMethod.GET, origin, target, headers, HttpBody.NONE);
  }

  /** Returns the realm's path with the query that some registries put there, as it is written. */
  private static String target(URI realm) {
    String path =
        realm.getRawPath() == null || realm.getRawPath().isEmpty() ? "/" : realm.getRawPath();
    return realm.getRawQuery() == null ? path : path + "?" + realm.getRawQuery();
  }

  /**
   * Reads an answer that came with status 200.
   *
   * @param now when the token's life began, by {@link System#nanoTime}
   * @throws HostFailure if it is not JSON, or has no token that can be sent in a header
   */
  public static Token parse(byte[] body, Origin origin, long now) throws HostFailure {
    @Nullable String token = null;
    String accessToken = "";
    long seconds = DEFAULT_SECONDS;
    try (var json = JSON.createParser(ObjectReadContext.empty(), body)) {
      boolean isObject = json.nextToken() == JsonToken.START_OBJECT;
      for (var name = isObject ? json.nextName() : null; name != null; name = json.nextName()) {
        json.nextToken();
        switch (name) {
          case "token" -> token = json.getValueAsString("");
          case "access_token" -> accessToken = json.getValueAsString("");
          case "expires_in" -> seconds = json.getValueAsLong(DEFAULT_SECONDS);
          default -> {}
        }
        json.skipChildren();
      }
    } catch (JacksonException e) {
      throw HostFailure.lasting(
          200, "token server " + origin.authority() + ": the answer is not JSON");
    }
    return token(token == null ? accessToken : token, seconds, origin, now);
  }

  private static Token token(String token, long seconds, Origin origin, long now)
      throws HostFailure {
    if (token.length() > MAX_TOKEN) {
      throw HostFailure.lasting(
          200,
          "token server %s: the token has %d bytes, more than %d"
              .formatted(origin.authority(), token.length(), MAX_TOKEN));
    }
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw HostFailure.lasting(
          200, "token server " + origin.authority() + ": the answer has no token");
    }
    long life = seconds <= 0 ? DEFAULT_SECONDS : Math.min(seconds, MAX_SECONDS);
    return Token.living("Bearer " + token, Duration.ofSeconds(life), now);
  }

  /** Bytes beyond ASCII, which no request line may have, are escaped. */
  private static URI realm(String text) throws HostFailure {
    try {
      // Headers are read as ISO 8859-1.
      var utf8 = new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      return URI.create(URI.create(utf8).toASCIIString());
    } catch (IllegalArgumentException e) {
      throw HostFailure.lasting(401, "realm " + Text.quote(text) + " is not a URL");
    }
  }

  private static Origin origin(URI realm, RegistryHost host) throws HostFailure {
    try {
      Origin asked = Origin.of(realm, host.origin().settings());
      return asked.host().equals(host.origin().host())
          ? asked
          : Origin.of(realm, host.origin().settings().forOtherHost());
    } catch (IllegalArgumentException e) {
      throw HostFailure.lasting(401, "realm: " + e.getMessage());
    }
  }
}
