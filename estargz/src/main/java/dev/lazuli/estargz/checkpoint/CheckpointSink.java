package dev.lazuli.estargz.checkpoint;

import java.io.IOException;

/** Takes checkpoints, in the order of the blob. */
@FunctionalInterface
public interface CheckpointSink {
  /**
   * Takes one.
   *
   * @param window as {@link StreamStarts#window}
   * @throws IOException if it cannot be kept
   */
  void checkpoint(Checkpoint checkpoint, byte[] window) throws IOException;
}
