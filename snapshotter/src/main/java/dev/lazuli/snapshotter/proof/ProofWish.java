package dev.lazuli.snapshotter.proof;

/** Somebody's wish for the proof of a layer. Safe for use by several threads. */
public interface ProofWish extends AutoCloseable {
  /** Returns whether the layer's blob is being read now. */
  boolean isUnderWay();

  /** Takes the wish back; a pass under way ends soon after. Idempotent. */
  @Override
  void close();
}
