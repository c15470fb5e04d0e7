package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.proof.Finding;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes on what proofs have found to whoever must know. Safe for use by several threads. */
public final class Findings {
  private static final Logger log = LoggerFactory.getLogger(Findings.class);

  /** Somebody who uses layers, and must know. */
  public interface Listener {
    /**
     * Something was found.
     *
     * @param digest the layer's
     */
    void found(Digest digest, Finding finding);

    /**
     * Returns what is known of its uses of a layer.
     *
     * @throws IOException if that cannot be said now
     */
    Uses uses(Digest digest) throws IOException;
  }

  /**
   * What is known of somebody's uses of a layer: each passes it off as some DiffID or chain ID.
   *
   * @param anyRight whether one of them is not known to be wrong
   * @param lie why one is known to be wrong; empty if none is
   */
  public record Uses(boolean anyRight, Optional<String> lie) {
    private static final Uses NONE = new Uses(false, Optional.empty());

    private Uses and(Uses others) {
      return new Uses(anyRight || others.anyRight, lie.or(others::lie));
    }
  }

  private final Map<Digest, String> refused = new ConcurrentHashMap<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /** Takes one more who is told from now on. */
  void tell(Listener listener) {
    listeners.add(listener);
  }

  /** Remembers that a layer is not to be read, for when it is opened. */
  void refuse(Digest digest, String reason) {
    refused.put(digest, reason);
  }

  /** Forgets that a layer is not to be read. */
  void admit(Digest digest) {
    refused.remove(digest);
  }

  /**
   * Returns why a layer is not to be read: it has one mount for all who use it, and each use that
   * is known of is wrong. Empty if it may be read.
   */
  Optional<String> judge(Digest digest) throws IOException {
    var uses = Uses.NONE;
    for (var listener : listeners) {
      uses = uses.and(listener.uses(digest));
    }
    return uses.anyRight() ? Optional.empty() : uses.lie();
  }

  Optional<String> refusal(Digest digest) {
    return Optional.ofNullable(refused.get(digest));
  }

  void found(Digest digest, Finding finding) {
    for (var listener : listeners) {
      try {
        listener.found(digest, finding);
      } catch (RuntimeException e) {
        log.error("layer {}: could not act on what its proof found", digest, e);
      }
    }
  }
}
