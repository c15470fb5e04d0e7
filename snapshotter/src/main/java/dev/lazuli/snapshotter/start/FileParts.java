package dev.lazuli.snapshotter.start;

import java.io.IOException;

/** A file that can be read in parts, and where it lies. */
interface FileParts {
  /** Returns where it really lies: absolute, without links. */
  String path();

  /** Returns its size in bytes. */
  long size();

  /** Returns the directory that it lies in, without a slash at the end. */
  default String directory() {
    return path().substring(0, path().lastIndexOf('/'));
  }

  /**
   * Reads a part of the file; does not wait.
   *
   * @param at its first byte, which may lie beyond the end
   * @param length at most a MiB; cut down to what there is
   * @return the bytes; fewer than {@code length} at the file's end
   * @throws NotArrivedException if the part is not here yet
   */
  byte[] read(long at, int length) throws IOException;
}
