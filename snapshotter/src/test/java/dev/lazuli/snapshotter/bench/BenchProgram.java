package dev.lazuli.snapshotter.bench;

import java.util.List;
import java.util.Optional;

/**
 * What a container does.
 *
 * @param command the words it is started with; empty: what its image says
 * @param answer how a server's first answer is had; empty: the program runs to its end
 */
record BenchProgram(List<String> command, Optional<FirstAnswer> answer) {
  /** Copies the list. */
  BenchProgram {
    command = List.copyOf(command);
  }
}
