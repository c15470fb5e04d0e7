package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.proof.Finding;
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

  /** Somebody who must know. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Something was found.
     *
     * @param digest the layer's
     */
    void found(Digest digest, Finding finding);
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
