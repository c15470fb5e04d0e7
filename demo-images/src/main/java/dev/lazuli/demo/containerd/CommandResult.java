package dev.lazuli.demo.containerd;

import java.time.Duration;
import java.util.List;

/**
 * How a command ended.
 *
 * @param command its words
 * @param exitStatus 0 for success; 128 + signal if a signal ended it
 * @param output standard output, as UTF-8
 * @param errors standard error, as UTF-8
 * @param elapsed time from start to end
 */
public record CommandResult(
    List<String> command, int exitStatus, String output, String errors, Duration elapsed) {
  /** Copies the words. */
  public CommandResult {
    command = List.copyOf(command);
  }
}
