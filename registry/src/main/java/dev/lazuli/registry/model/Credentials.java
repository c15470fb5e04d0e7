package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What proves who is asking: a user with a password, or an identity (OAuth2 refresh) token.
 *
 * @param username the user; empty for an identity token
 * @param secret the password or the token
 * @param kind which of the two
 * @param source where they were found, for people: a file, or a helper and the file that names it;
 *     may be empty
 */
public record Credentials(String username, String secret, Kind kind, String source) {
  /** What {@link #secret} is. */
  public enum Kind {
    /** A password, sent by Basic authentication to the registry or its token server. */
    PASSWORD,
    /** An OAuth2 refresh token, sent only to the registry's token server. */
    IDENTITY_TOKEN,
    /** A bearer token, sent to the registry as it is. */
    REGISTRY_TOKEN
  }

  /** Checks that all parts are there. */
  public Credentials {
    requireNonNull(username);
    requireNonNull(secret);
    requireNonNull(kind);
    requireNonNull(source);
  }

  /** Makes credentials of which nobody says where they were found. */
  public Credentials(String username, String secret, Kind kind) {
    this(username, secret, kind, "");
  }

  /** Returns the same credentials, found there. */
  public Credentials from(String newSource) {
    return new Credentials(username, secret, kind, newSource);
  }

  /** Returns whose they are and where they were found, never what they are. */
  public String describe() {
    var whose = username.isEmpty() ? "a token" : "user " + Text.quote(username);
    return source.isEmpty() ? whose : whose + " of " + source;
  }

  /** Makes the credentials of a user with a password. */
  public static Credentials password(String username, String password) {
    return new Credentials(username, password, Kind.PASSWORD);
  }

  /** Makes the credentials of an OAuth2 refresh token. */
  public static Credentials identityToken(String token) {
    return new Credentials("", token, Kind.IDENTITY_TOKEN);
  }

  /** Where they were found makes no difference. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Credentials that
        && username.equals(that.username)
        && secret.equals(that.secret)
        && kind == that.kind;
  }

  @Override
  public int hashCode() {
    return Objects.hash(username, secret, kind);
  }

  /** Names the kind and the user, never the secret. */
  @Override
  public String toString() {
    return "Credentials[" + kind + " " + Text.clean(username) + "]";
  }
}
