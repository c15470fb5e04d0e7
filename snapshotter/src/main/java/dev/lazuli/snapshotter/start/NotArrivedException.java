package dev.lazuli.snapshotter.start;

import java.io.IOException;
import java.util.List;

/**
 * Parts of a file are needed that have not been fetched yet. The caller tries again once they have.
 */
final class NotArrivedException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient List<FilePart> parts;

  NotArrivedException(List<FilePart> parts) {
    super(parts.getFirst().file().path() + ": has not arrived yet");
    this.parts = List.copyOf(parts);
  }

  /** Returns the parts: one at least, all of one layer. */
  List<FilePart> parts() {
    return parts;
  }
}
