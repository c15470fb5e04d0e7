package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.proof.Finding;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
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
  private volatile Listener listener = (_, _) -> {};

  /** Takes the one who is told from now on. */
  void tell(Listener newListener) {
    listener = newListener;
  }

  /** Remembers that a layer is not to be read, for when it is opened. */
  void refuse(Digest digest, Optional<String> reason) {
    reason.ifPresentOrElse(why -> refused.put(digest, why), () -> refused.remove(digest));
  }

  Optional<String> refusal(Digest digest) {
    return Optional.ofNullable(refused.get(digest));
  }

  void found(Digest digest, Finding finding) {
    try {
      listener.found(digest, finding);
    } catch (RuntimeException e) {
      log.error("layer {}: could not act on what its proof found", digest, e);
    }
  }
}
