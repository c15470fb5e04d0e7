package dev.lazuli.registry.auth;

import dev.lazuli.registry.http.Abort;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The token to pull from one repository, or to push to it. Thread-safe. */
final class TokenSlot {
  private static final int MAX_DOUBTFUL = 16;

  /** About what a slot takes beside its texts. */
  private static final int SLOT_BYTES = 600;

  private final ReentrantLock renewing = new ReentrantLock();
  private volatile String scope;
  private volatile @Nullable Token token;
  private volatile @Nullable Made made;

  /** Whether a request was granted with what {@link #made} says. */
  private volatile boolean isAccepted;

  private volatile String tried = "";

  /** What the host has refused: at most a few. */
  private final Set<Candidate> doubtful = ConcurrentHashMap.newKeySet();

  /**
   * What a token was made of.
   *
   * @param bearer whether by a token server
   */
  record Made(Candidate of, boolean bearer) {}

  /** Gets a token. */
  @FunctionalInterface
  interface Fetch {
    /** Returns null if there is nothing to send. */
    @Nullable Token fetch() throws IOException;
  }

  TokenSlot(String scope) {
    this.scope = scope;
  }

  String scope() {
    return scope;
  }

  void scope(String wanted) {
    scope = wanted;
  }

  @Nullable Token token() {
    return token;
  }

  /** Returns about how many bytes of the heap this takes now. */
  int bytes() {
    Token now = token;
    return SLOT_BYTES + scope.length() + tried.length() + (now == null ? 0 : now.header().length());
  }

  /** Returns what the last token was made of; null before there was one. */
  @Nullable Made made() {
    return made;
  }

  void made(Candidate of, boolean bearer) {
    made = new Made(of, bearer);
    isAccepted = false;
  }

  /**
   * Notes that a request was granted.
   *
   * @param sent the header that it was sent with
   * @return what the header was made of, the first time it is granted
   */
  Optional<Candidate> accept(String sent) {
    Token now = token;
    Made of = made;
    if (now == null || of == null || isAccepted || !now.header().equals(sent)) {
      return Optional.empty();
    }
    isAccepted = true;
    return Optional.of(of.of());
  }

  boolean isDoubtful(Candidate candidate) {
    return doubtful.contains(candidate);
  }

  /** Notes a refusal. Where not even what anybody gets helps, all may be tried again. */
  void doubt(Candidate refused) {
    if (refused.equals(Candidate.ANYBODY) || doubtful.size() >= MAX_DOUBTFUL) {
      doubtful.clear();
    } else {
      doubtful.add(refused);
    }
  }

  /** Returns whose credentials were tried last, and what was said to them; empty if none were. */
  String tried() {
    return tried;
  }

  void tried(List<String> whose, String refusal) {
    tried = whose.isEmpty() ? "" : String.join(", and of ", whose) + refusal;
  }

  void drop(Token refused) throws InterruptedIOException {
    lock();
    try {
      if (refused.equals(token)) {
        token = null;
      }
    } finally {
      renewing.unlock();
    }
  }

  /**
   * Fetches a token unless another caller has replaced {@code stale} already. Who waits meanwhile
   * can be interrupted: a slow token server must not hold the permits of streams.
   */
  @Nullable String renew(@Nullable Token stale, Fetch fetch) throws IOException {
    lock();
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

  private void lock() throws InterruptedIOException {
    try {
      renewing.lockInterruptibly();
    } catch (InterruptedException e) {
      throw Abort.interrupted();
    }
  }
}
