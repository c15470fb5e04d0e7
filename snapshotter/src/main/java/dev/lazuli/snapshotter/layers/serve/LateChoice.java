package dev.lazuli.snapshotter.layers.serve;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A choice of mounters that is made when it is first possible. Safe for use by several threads. */
final class LateChoice {
  /** What may fail for lack of room. */
  interface Choosing {
    Mounters choose() throws IOException;
  }

  private final Choosing choosing;
  private @Nullable Mounters chosen;

  LateChoice(Choosing choosing) {
    this.choosing = choosing;
  }

  /**
   * Returns the mounters.
   *
   * @throws IOException if they still cannot be chosen
   */
  synchronized Mounters get() throws IOException {
    if (chosen == null) {
      chosen = choosing.choose();
    }
    return chosen;
  }

  /** Returns the mounters if they were chosen. */
  synchronized @Nullable Mounters ifChosen() {
    return chosen;
  }
}
