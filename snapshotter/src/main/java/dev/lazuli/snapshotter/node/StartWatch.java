package dev.lazuli.snapshotter.node;

import java.io.IOException;

/** Learns of each state of a daemon's start, and may end it by an exception. */
interface StartWatch {
  /** Watches nothing. */
  StartWatch NONE = _ -> {};

  void reached(NodeState state) throws IOException;
}
