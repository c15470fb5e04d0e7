package dev.lazuli.cache;

import static java.lang.System.Logger.Level.ERROR;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts and logs syncs that failed, and what has to be verified again because of them.
 * Thread-safe.
 */
final class Doubts {
  private static final System.Logger LOG = System.getLogger(Doubts.class.getName());

  private final LongAdder failedSyncs = new LongAdder();
  private final LongAdder chunks = new LongAdder();

  void syncFailed(Digest digest, int doubted, IOException e) {
    failedSyncs.increment();
    chunks.add(doubted);
    LOG.log(
        ERROR,
        "layer %s: sync failed; %d chunks will be verified again before they are used: %s"
            .formatted(digest, doubted, e));
  }

  long failedSyncs() {
    return failedSyncs.sum();
  }

  long doubtedChunks() {
    return chunks.sum();
  }
}
