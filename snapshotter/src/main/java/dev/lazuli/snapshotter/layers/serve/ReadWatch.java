package dev.lazuli.snapshotter.layers.serve;

/** Is told of the reads of one layer. Called on the kernel's threads: quick, and never waits. */
@FunctionalInterface
public interface ReadWatch {
  /** Watches nothing. */
  ReadWatch NONE = (_, _, _) -> {};

  /**
   * A reader asks for a range of the data file.
   *
   * @param offset its first byte
   * @param length in bytes
   * @param missing the first of its chunks that is not here, -1 if all are
   */
  void reads(long offset, int length, int missing);
}
