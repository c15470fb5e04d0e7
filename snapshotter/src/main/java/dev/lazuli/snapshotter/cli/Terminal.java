package dev.lazuli.snapshotter.cli;

/** Whether somebody watches. */
final class Terminal {
  private Terminal() {}

  /** Returns whether standard output and input are a terminal, where lines may be redrawn. */
  @SuppressWarnings("SystemConsoleNull") // Since JDK 25 it is null again without a terminal.
  static boolean present() {
    return System.console() != null && System.console().isTerminal();
  }
}
