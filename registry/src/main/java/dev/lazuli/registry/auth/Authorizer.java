package dev.lazuli.registry.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.HttpTransport;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.ImageReference;
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
public final class Authorizer {
  private static final int MAX_REPOSITORIES = 10_000;
  private static final Duration PASSWORD_LIFE = Duration.ofMinutes(10);

  /** How long what no request has used is kept. */
  private static final Duration REST = Duration.ofHours(1);

  private final TokenServer tokens;
  private final CredentialsProvider provider;
  private final Cache<Origin, Challenge> challenges =
      Caffeine.newBuilder().maximumSize(MAX_REPOSITORIES).expireAfterAccess(REST).build();
  private final Cache<Scope, Slot> slots =
      Caffeine.newBuilder().maximumSize(MAX_REPOSITORIES).expireAfterAccess(REST).build();

  /** Makes an authoriser that knows no token yet. */
  public Authorizer(TokenServer tokens, CredentialsProvider provider) {
    this.tokens = tokens;
    this.provider = provider;
  }

  /**
   * What a request is about.
   *
   * @param push whether it changes something: a token to pull is not enough for that
   */
  public record Place(RegistryHost host, ImageReference reference, boolean push) {}

  /** Returns the Authorization header for a request, or null for none. */
  public @Nullable String header(Place place, Abort abort) throws IOException {
    Challenge challenge = challenges.getIfPresent(place.host().origin());
    if (challenge == null) {
      return null;
    }
    Slot slot = slot(place);
    Token known = slot.token;
    if (known != null && known.isFresh(System.nanoTime())) {
      return known.header();
    }
    return slot.renew(known, () -> fetch(slot, place, challenge, abort));
  }

  /**
   * Answers a 401 or 403.
   *
   * @param headers the WWW-Authenticate headers of the response
   * @param sent the Authorization header that was refused, or null
   * @param renewed whether what was sent was made for this very request
   * @return the header to try next, or null if there is nothing better than what was sent
   */
  public @Nullable String answer(
      Place place, List<String> headers, @Nullable String sent, boolean renewed, Abort abort)
      throws IOException {
    RegistryHost host = place.host();
    Challenge challenge =
        choose(Challenge.choose(headers), challenges.getIfPresent(host.origin()), sent, renewed);
    if (challenge == null) {
      return null;
    }
    challenges.put(host.origin(), challenge);
    Slot slot = slot(place);
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
    String next = slot.renew(null, () -> fetch(slot, place, challenge, abort));
    return next == null || next.equals(sent) ? null : next;
  }

  /**
   * Harbor answers a token that has ended with a Basic challenge alone; a new token is what helps.
   * Only a host that refuses a new one, too, has changed how it authenticates.
   */
  private static @Nullable Challenge choose(
      Optional<Challenge> given,
      @Nullable Challenge known,
      @Nullable String sent,
      boolean renewed) {
    boolean endedToken = known != null && known.isBearer() && sent != null && !renewed;
    return given.filter(challenge -> challenge.isBearer() || !endedToken).orElse(known);
  }

  /** Returns what a refused request was tried with: whose credentials, or that there are none. */
  public String tried(Place place) {
    var found = slot(place).credentials;
    if (found != null) {
      return "with the credentials of " + found;
    }
    var places = provider.places();
    return "without credentials: none for "
        + place.host().name()
        + (places.isEmpty() ? " are known" : " in " + places);
  }

  private @Nullable Token fetch(Slot slot, Place place, Challenge challenge, Abort abort)
      throws IOException {
    RegistryHost host = place.host();
    Optional<Credentials> credentials = provider.find(host.name(), place.reference());
    slot.credentials = credentials.map(Credentials::describe).orElse(null);
    if (credentials.isPresent() && credentials.get().kind() == Credentials.Kind.REGISTRY_TOKEN) {
      return living("Bearer " + credentials.get().secret());
    }
    if (challenge.isBearer()) {
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

  private Slot slot(Place place) {
    String repository = place.reference().repository();
    return slots.get(new Scope(place.host().origin(), repository, place.push()), Slot::new);
  }

  private record Scope(Origin origin, String repository, boolean push) {
    String text() {
      return "repository:" + repository + (push ? ":pull,push" : ":pull");
    }
  }

  @FunctionalInterface
  private interface Fetch {
    @Nullable Token fetch() throws IOException;
  }

  /** The token to pull from one repository, or to push to it. */
  private static final class Slot {
    private final ReentrantLock renewing = new ReentrantLock();
    private volatile String scope;
    private volatile @Nullable Token token;

    /** Whose credentials were found when they were looked for last; null if there were none. */
    private volatile @Nullable String credentials;

    Slot(Scope scope) {
      this.scope = scope.text();
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
