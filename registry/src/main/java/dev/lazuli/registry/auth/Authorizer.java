package dev.lazuli.registry.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.hosts.HostFailure;
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
import org.jspecify.annotations.Nullable;

/**
 * Authorisation for the whole node: one token for each host and repository, shared by all layers,
 * fetched by one caller while the others wait, and renewed before it ends. A host's challenge is
 * remembered, so that only its very first request is refused.
 */
public final class Authorizer {
  /** How many credentials are tried for one request at most. */
  public static final int MAX_CREDENTIALS = Tries.MAX_CREDENTIALS;

  /** About a thousand tokens of a usual length. */
  private static final long MAX_TOKEN_BYTES = 4 << 20;

  private static final long MAX_CHALLENGE_BYTES = 1 << 20;

  private static final Duration PASSWORD_LIFE = Duration.ofMinutes(10);

  /** How long what no request has used is kept. */
  private static final Duration REST = Duration.ofHours(1);

  private final TokenServer tokens;
  private final CredentialsProvider provider;
  private final Cache<Origin, Challenge> challenges =
      Caffeine.newBuilder()
          .maximumWeight(MAX_CHALLENGE_BYTES)
          .weigher((Origin _, Challenge challenge) -> challenge.bytes())
          .expireAfterAccess(REST)
          .build();
  private final Cache<Scope, TokenSlot> slots =
      Caffeine.newBuilder()
          .maximumWeight(MAX_TOKEN_BYTES)
          .weigher((Scope _, TokenSlot slot) -> slot.bytes())
          .expireAfterAccess(REST)
          .build();

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
  public @Nullable String header(Place place, Tries tries, Abort abort) throws IOException {
    Challenge challenge = challenges.getIfPresent(place.host().origin());
    if (challenge == null) {
      return null;
    }
    TokenSlot slot = slot(place);
    Token known = slot.token();
    if (known != null && known.isFresh(System.nanoTime())) {
      return known.header();
    }
    return renew(slot, known, place, () -> fetch(slot, place, challenge, tries, abort));
  }

  /**
   * Answers a 401 or 403.
   *
   * @param headers the WWW-Authenticate headers of the response
   * @param sent the Authorization header that was refused, or null
   * @param renewed whether what was sent was made for this very request
   * @param tries what was tried for this very request
   * @return the header to try next, or null if there is nothing better than what was sent
   */
  public @Nullable String answer(
      Place place,
      List<String> headers,
      @Nullable String sent,
      boolean renewed,
      Tries tries,
      Abort abort)
      throws IOException {
    RegistryHost host = place.host();
    Challenge challenge =
        choose(Challenge.choose(headers), challenges.getIfPresent(host.origin()), sent, renewed);
    if (challenge == null) {
      return null;
    }
    challenges.put(host.origin(), challenge);
    TokenSlot slot = slot(place);
    if (!challenge.parameter("scope").isEmpty()) {
      slot.scope(challenge.parameter("scope"));
    }
    Token refused = slot.token();
    if (refused != null && !refused.header().equals(sent)) {
      return refused.header(); // another caller has renewed it meanwhile
    }
    if (refused != null) {
      slot.drop(refused);
      var made = slot.made();
      if (renewed && made != null && made.bearer() == challenge.isBearer()) {
        refuse(slot, made.of(), tries);
      }
    }
    String next = renew(slot, null, place, () -> fetch(slot, place, challenge, tries, abort));
    return next == null || next.equals(sent) ? null : next;
  }

  /**
   * Is told of a request that was granted.
   *
   * @param sent the Authorization header that it was sent with
   */
  public void granted(Place place, String sent) {
    slot(place)
        .accept(sent)
        .flatMap(Candidate::credentials)
        .ifPresent(credentials -> provider.accepted(credentials, place.reference()));
  }

  private @Nullable String renew(
      TokenSlot slot, @Nullable Token stale, Place place, TokenSlot.Fetch fetch)
      throws IOException {
    try {
      return slot.renew(stale, fetch);
    } finally {
      // The cache weighs what is put: a slot weighs more with its token.
      var _ = slots.asMap().replace(Scope.of(place), slot, slot);
    }
  }

  private void refuse(TokenSlot slot, Candidate candidate, Tries tries) {
    tries.refuse(candidate);
    slot.doubt(candidate);
    candidate.credentials().ifPresent(provider::refused);
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
    var tried = slot(place).tried();
    if (!tried.isEmpty()) {
      return "with the credentials of " + tried;
    }
    var places = provider.places();
    return "without credentials: none for "
        + place.host().name()
        + (places.isEmpty() ? " are known" : " in " + places);
  }

  /**
   * Returns whose credentials are used for a place: never what they are. Empty if none were wanted
   * lately, or none are known.
   */
  public Optional<String> used(Place place) {
    return Optional.ofNullable(slots.getIfPresent(Scope.of(place)))
        .flatMap(slot -> Optional.ofNullable(slot.made()))
        .flatMap(made -> made.of().credentials())
        .map(Credentials::describe);
  }

  /** Tries one after the other what was not refused yet. */
  private @Nullable Token fetch(
      TokenSlot slot, Place place, Challenge challenge, Tries tries, Abort abort)
      throws IOException {
    HostFailure refusal = null;
    for (var next = next(slot, place, tries); next != null; next = next(slot, place, tries)) {
      tries.note(next);
      slot.tried(tries.whose(), "");
      try {
        Token token = token(slot, place, challenge, next, abort);
        if (token != null) {
          slot.tried(tries.whose(), refusal == null ? "" : ": " + refusal.getMessage());
          slot.made(next, challenge.isBearer());
          return token;
        }
        tries.refuse(next); // The host does not take its kind.
      } catch (HostFailure e) {
        if (e.status() != 401 && e.status() != 403) {
          throw e;
        }
        refuse(slot, next, tries);
        refusal = refusal == null ? e : refusal;
      }
    }
    if (refusal != null) {
      throw refusal.explained(tried(place));
    }
    return null;
  }

  /**
   * Returns what to try next, null if that is all. What a host refused before comes after what
   * anybody gets: a wrong password that is sent again and again can lock its user out. The sources
   * are asked for all that they know once for each request, after its first refusal: among them are
   * programs that have to be run.
   */
  private @Nullable Candidate next(TokenSlot slot, Place place, Tries tries) throws IOException {
    if (tries.isExhausted()) {
      return null;
    }
    if (tries.isFirst()) {
      var found = provider.find(place.host().name(), place.reference()).map(Candidate::of);
      if (found.isPresent() && !slot.isDoubtful(found.get())) {
        return found.get();
      }
      if (found.isEmpty()) {
        tries.know(List.of());
      }
    }
    var left = left(place, tries);
    for (var one : left) {
      if (!slot.isDoubtful(one)) {
        return one;
      }
    }
    if (!tries.isRefused(Candidate.ANYBODY)) {
      return Candidate.ANYBODY;
    }
    return left.isEmpty() ? null : left.getFirst();
  }

  /** Returns what was not refused yet of all that is known for a place. */
  private List<Candidate> left(Place place, Tries tries) throws IOException {
    var known = tries.known();
    if (known == null) {
      known =
          provider.all(place.host().name(), place.reference()).stream()
              .limit(MAX_CREDENTIALS)
              .map(Candidate::of)
              .toList();
      tries.know(known);
    }
    return known.stream().filter(one -> !tries.isRefused(one)).toList();
  }

  private @Nullable Token token(
      TokenSlot slot, Place place, Challenge challenge, Candidate candidate, Abort abort)
      throws IOException {
    var credentials = candidate.credentials();
    if (credentials.isPresent() && credentials.get().kind() == Credentials.Kind.REGISTRY_TOKEN) {
      return living("Bearer " + credentials.get().secret());
    }
    if (challenge.isBearer()) {
      return tokens.fetch(place.host(), challenge, slot.scope(), credentials, abort);
    }
    return credentials
        .filter(user -> user.kind() == Credentials.Kind.PASSWORD)
        .map(user -> living(HttpTransport.basic(user)))
        .orElse(null);
  }

  private static Token living(String header) {
    return Token.living(header, PASSWORD_LIFE, System.nanoTime());
  }

  private TokenSlot slot(Place place) {
    return slots.get(Scope.of(place), scope -> new TokenSlot(scope.text()));
  }

  private record Scope(Origin origin, String repository, boolean push) {
    static Scope of(Place place) {
      return new Scope(place.host().origin(), place.reference().repository(), place.push());
    }

    String text() {
      return "repository:" + repository + (push ? ":pull,push" : ":pull");
    }
  }
}
