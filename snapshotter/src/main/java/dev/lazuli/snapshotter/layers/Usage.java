package dev.lazuli.snapshotter.layers;

/**
 * What a snapshot takes on disk.
 *
 * @param sizeBytes allocated bytes
 * @param inodes number of inodes
 */
public record Usage(long sizeBytes, long inodes) {
  /** Nothing at all. */
  public static final Usage NONE = new Usage(0, 0);

  /** Checks that neither is negative. */
  public Usage {
    if (sizeBytes < 0 || inodes < 0) {
      throw new IllegalArgumentException(
          "negative usage: " + sizeBytes + " bytes, " + inodes + " inodes");
    }
  }
}
