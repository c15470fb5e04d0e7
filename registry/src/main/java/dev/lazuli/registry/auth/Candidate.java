package dev.lazuli.registry.auth;

import dev.lazuli.registry.model.Credentials;
import java.util.Optional;

/**
 * What a token can be asked for with.
 *
 * @param credentials empty for what anybody gets
 */
record Candidate(Optional<Credentials> credentials) {
  static final Candidate ANYBODY = new Candidate(Optional.empty());

  static Candidate of(Credentials credentials) {
    return new Candidate(Optional.of(credentials));
  }
}
