package dev.lazuli.snapshotter.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.Door;
import dev.lazuli.snapshotter.status.Query;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.RequestException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What looks like a mirror of every registry to containerd, and has nothing. containerd asks its
 * mirrors first, and gives to each that wants a password the one of the pull, such as a pod's pull
 * secret: so it is handed over to us without a setting of the kubelet's.
 *
 * <p>It wants tokens, and gives one to everybody: a pull without a secret then finds that nothing
 * is here, which containerd does not count as an error. The token stands for the secret, because
 * only the request for a manifest says which registry is meant. Thread-safe.
 *
 * @see <a href="https://github.com/containerd/containerd/blob/main/docs/hosts.md">hosts.toml</a>
 */
final class PullSecrets implements Door {
  /** Where it is on its port; the client of registries leaves out what is there. */
  static final String PATH = Mirror.PULL_SECRETS + "/";

  private static final String TOKEN = "token";
  private static final int MAX_TOKENS = 1000;
  private static final Pattern WANTED =
      Pattern.compile("v2/(?<repository>[a-z0-9._/-]{1,255})/(?:manifests|blobs)/[^/]{1,200}");
  private static final Pattern BASIC = Pattern.compile("(?i)basic +([A-Za-z0-9+/=]{1,8000})");
  private static final Pattern BEARER = Pattern.compile("(?i)bearer +([A-Za-z0-9-]{1,100})");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:\\[\\]-]{1,255}");

  /** A registry, by the parameter in which clients tell a mirror whom it stands for. */
  private static final String REGISTRY = "ns";

  private final HandedOver secrets;
  private final String challenge;

  /** What was handed over for tokens, the oldest first. */
  @GuardedBy("this")
  private final Map<String, Credentials> byToken = new LinkedHashMap<>();

  /**
   * Hands secrets on.
   *
   * @param address {@code host:port} at which clients reach it
   */
  PullSecrets(HandedOver secrets, String address) {
    this.secrets = secrets;
    this.challenge = "Bearer realm=\"http://" + address + PATH + TOKEN + "\",service=\"lazuli\"";
  }

  @Override
  public Content answer(String path, Query query, Optional<String> authorization)
      throws RequestException {
    if (path.equals(TOKEN)) {
      var token = token(authorization.flatMap(PullSecrets::credentials));
      return Content.of(
          "application/json",
          out -> out.write("{\"token\":\"%s\"}".formatted(token).getBytes(StandardCharsets.UTF_8)));
    }
    Matcher wanted = WANTED.matcher(path);
    String registry = query.values().getOrDefault(REGISTRY, "");
    if (wanted.matches() && HOST.matcher(registry).matches()) {
      Matcher token = BEARER.matcher(authorization.orElse(""));
      if (!token.matches()) {
        throw new RequestException(Reason.UNAUTHORIZED, challenge);
      }
      known(token.group(1))
          .ifPresent(secret -> secrets.remember(registry, wanted.group("repository"), secret));
    }
    throw new RequestException(Reason.NOT_FOUND, "not here: ask the registry");
  }

  private synchronized String token(Optional<Credentials> credentials) {
    var token = UUID.randomUUID().toString();
    credentials.ifPresent(secret -> byToken.put(token, secret));
    if (byToken.size() > MAX_TOKENS) {
      byToken.remove(byToken.keySet().iterator().next());
    }
    return token;
  }

  private synchronized Optional<Credentials> known(String token) {
    return Optional.ofNullable(byToken.get(token));
  }

  /** Returns what an {@code Authorization} header gives, if it is of the basic kind. */
  static Optional<Credentials> credentials(String authorization) {
    Matcher basic = BASIC.matcher(authorization);
    if (!basic.matches()) {
      return Optional.empty();
    }
    try {
      var bytes = Base64.getDecoder().decode(basic.group(1));
      var pair = new String(bytes, StandardCharsets.UTF_8).split(":", 2);
      return pair.length == 2 && !pair[1].isEmpty()
          ? Optional.of(HandedOver.secret(pair[0], pair[1]))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
