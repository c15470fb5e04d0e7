package dev.lazuli.snapshotter.cli;

import org.jspecify.annotations.Nullable;

/** A command's failure whose message is already the one line that its user should read. */
final class CommandException extends Exception {
  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message);
  }

  CommandException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
