package dev.lazuli.snapshotter.knowledge;

import java.io.IOException;
import java.nio.file.Path;

/** A kept index is not what was written. */
final class CorruptIndexException extends IOException {
  private static final long serialVersionUID = 1L;

  CorruptIndexException(Path file, String reason) {
    super("kept index " + file + ": " + reason);
  }
}
