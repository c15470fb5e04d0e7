package dev.lazuli.snapshotter.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Authorisation for the whole node: one token for each host and repository, shared by all layers,
 * fetched by one caller while the others wait, and renewed before it ends. A host's challenge is
 * remembered, so that only its very first request is refused.
 */
final class Authorizer {
  private static final int MAX_REPOSITORIES = 10_000;
  private static final Duration PASSWORD_LIFE = Duration.ofMinutes(10);

  private final TokenServer tokens;
  private final CredentialsProvider provider;
  private final Cache<Origin, Challenge> challenges =
      Caffeine.newBuilder().maximumSize(MAX_REPOSITORIES).build();
  private final Cache<Place, Slot> slots =
      Caffeine.newBuilder().maximumSize(MAX_REPOSITORIES).build();

  Authorizer(TokenServer tokens, CredentialsProvider provider) {
    this.tokens = tokens;
    this.provider = provider;
  }

  /** Returns the Authorization header for a request, or null for none. */
  @Nullable String header(RegistryHost host, ImageReference reference, Abort abort)
      throws IOException {
    Challenge challenge = challenges.getIfPresent(host.origin());
    if (challenge == null) {
      return null;
    }
    Slot slot = slot(host, reference);
    Token known = slot.token;
    if (known != null && known.isFresh(System.nanoTime())) {
      return known.header();
    }
    return slot.renew(known, () -> fetch(slot, host, reference, challenge, abort));
  }

  /**
   * Answers a 401 or 403.
   *
   * @param headers the WWW-Authenticate headers of the response
   * @param sent the Authorization header that was refused, or null
   * @return the header to try next, or null where there is nothing better than what was sent
   */
  @Nullable String answer(
      RegistryHost host,
      ImageReference reference,
      List<String> headers,
      @Nullable String sent,
      Abort abort)
      throws IOException {
    Challenge challenge =
        Challenge.choose(headers).orElseGet(() -> challenges.getIfPresent(host.origin()));
    if (challenge == null) {
      return null;
    }
    challenges.put(host.origin(), challenge);
    Slot slot = slot(host, reference);
    if (!challenge.parameter("scope").isEmpty()) {
      slot.scope = challenge.parameter("scope");
    }
    Token refused = slot.token;
    if (refused != null && !refused.header().equals(sent)) {
      return refused.header(); // another caller has renewed it meanwhile
    }
    if (refused != null) {
      slot.drop(refused);
    }
    String next = slot.renew(null, () -> fetch(slot, host, reference, challenge, abort));
    return next == null || next.equals(sent) ? null : next;
  }

  private @Nullable Token fetch(
      Slot slot, RegistryHost host, ImageReference reference, Challenge challenge, Abort abort)
      throws IOException {
    Optional<Credentials> credentials = provider.find(host.name(), reference);
    if (credentials.isPresent() && credentials.get().kind() == Credentials.Kind.REGISTRY_TOKEN) {
      return living("Bearer " + credentials.get().secret());
    }
    if (challenge.scheme().equals("bearer")) {
      return tokens.fetch(host, challenge, slot.scope, credentials, abort);
    }
    return credentials
        .filter(user -> user.kind() == Credentials.Kind.PASSWORD)
        .map(user -> living(HttpTransport.basic(user)))
        .orElse(null);
  }

  private static Token living(String header) {
    return Token.living(header, PASSWORD_LIFE, System.nanoTime());
  }

  private Slot slot(RegistryHost host, ImageReference reference) {
    return slots.get(
        new Place(host.origin(), reference.repository()), place -> new Slot(place.repository()));
  }

  private record Place(Origin origin, String repository) {}

  @FunctionalInterface
  private interface Fetch {
    @Nullable Token fetch() throws IOException;
  }

  /** One repository's token. */
  private static final class Slot {
    private final ReentrantLock renewing = new ReentrantLock();
    private volatile String scope;
    private volatile @Nullable Token token;

    Slot(String repository) {
      this.scope = "repository:" + repository + ":pull";
    }

    void drop(Token refused) {
      renewing.lock();
      try {
        if (refused.equals(token)) {
          token = null;
        }
      } finally {
        renewing.unlock();
      }
    }

    /** Fetches a token unless another caller has replaced {@code stale} already. */
    @Nullable String renew(@Nullable Token stale, Fetch fetch) throws IOException {
      renewing.lock();
      try {
        Token current = token;
        if (current != null && !current.equals(stale)) {
          return current.header();
        }
        try {
          token = fetch.fetch();
        } catch (IOException e) {
          if (current == null || !current.isAlive(System.nanoTime())) {
            throw e;
          }
          // The old one still works; the next request tries to renew it again.
        }
        Token renewed = token;
        return renewed == null ? null : renewed.header();
      } finally {
        renewing.unlock();
      }
    }
  }
}
