package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.bulk.PullRecorder;
import dev.lazuli.snapshotter.bulk.PullRecording;
import java.util.Optional;

/**
 * Makes what this node learns of layers that it pulls whole known to other nodes, in its own time.
 * Safe for several threads.
 */
public interface IndexPublisher extends PullRecorder {
  /** Keeps everything to itself. */
  IndexPublisher NONE =
      new IndexPublisher() {
        @Override
        public PullRecording begin(Digest layer, String reference, long blobBytes) {
          return PullRecording.NONE;
        }

        @Override
        public void confirmed(String reference, Optional<Digest> manifest, Digest layer) {}
      };

  /**
   * Says that a layer is what an image says of it: its blob has the digest that the manifest names,
   * and its tar the DiffID that the configuration names. Neither waits nor throws.
   *
   * @param manifest digest of the image's manifest, or of an index that lists it, if the client
   *     said it
   */
  void confirmed(String reference, Optional<Digest> manifest, Digest layer);
}
