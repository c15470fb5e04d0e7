package dev.lazuli.snapshotter.bulk;

import dev.lazuli.digest.Digest;

/** Whoever wants to note something of layers that are pulled whole. Safe for several threads. */
@FunctionalInterface
public interface PullRecorder {
  /** Wants to note nothing. */
  PullRecorder NONE = (_, _, _) -> PullRecording.NONE;

  /**
   * Begins with a layer. Neither waits nor throws.
   *
   * @param layer digest of its blob, which is yet to be compared
   * @param reference the image that wants it first
   */
  PullRecording begin(Digest layer, String reference, long blobBytes);
}
