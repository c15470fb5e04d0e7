package dev.lazuli.registry.auth;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What was tried to get one request through, so that each of the credentials is tried once. Used by
 * one thread.
 */
public final class Tries {
  /** How many credentials of one host are tried: some sources have others each time. */
  static final int MAX_CREDENTIALS = 8;

  private static final int MAX_REFUSED = MAX_CREDENTIALS + 1;

  private final Set<Candidate> refused = new HashSet<>();

  private final Set<String> whose = new LinkedHashSet<>();

  /** All that is known for the request; null before anybody has asked. */
  private @Nullable List<Candidate> known;

  /** Begins with nothing tried. */
  public Tries() {}

  boolean isRefused(Candidate candidate) {
    return refused.contains(candidate);
  }

  /** Returns whether nothing was refused yet, and nobody has asked for all that is known. */
  boolean isFirst() {
    return refused.isEmpty() && known == null;
  }

  @Nullable List<Candidate> known() {
    return known;
  }

  /** Notes all that is known for the request. */
  void know(List<Candidate> all) {
    known = List.copyOf(all);
  }

  /** Returns whether so much was tried that it is time to give up. */
  boolean isExhausted() {
    return refused.size() >= MAX_REFUSED;
  }

  void refuse(Candidate candidate) {
    refused.add(candidate);
  }

  /** Notes what is tried; what anybody gets is not worth a note. */
  void note(Candidate candidate) {
    candidate.credentials().ifPresent(those -> whose.add(those.describe()));
  }

  /** Returns whose credentials were tried, for people. */
  List<String> whose() {
    return List.copyOf(whose);
  }
}
