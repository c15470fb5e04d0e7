package dev.lazuli.snapshotter.cli;

import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The option of all commands that says how much they print; a mixin. */
final class Verbosity {
  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Show details, and the stack trace of a failure.")
  private boolean verbose;

  boolean verbose() {
    return verbose;
  }
}
