package dev.lazuli.snapshotter.fetch.plan;

/**
 * Readers that wait for content now.
 *
 * @param count how many
 * @param longestNanos for how long the first of them has waited, 0 if none waits
 */
public record WaitingReads(int count, long longestNanos) {
  /** Nobody waits. */
  public static final WaitingReads NONE = new WaitingReads(0, 0);
}
