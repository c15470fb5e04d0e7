package dev.lazuli.snapshotter.cli;

import picocli.CommandLine;

/** Entry point of the {@code lazuli} command. */
public final class Main {
  private Main() {}

  /**
   * Runs one command and ends the process with its exit code: 0 done, 1 failed, 2 wrong usage.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** Returns the command tree, ready to execute. */
  static CommandLine commandLine() {
    var root = new LazuliCommand();
    var line = new CommandLine(root);
    line.setExecutionExceptionHandler(new ErrorLine(root));
    line.setParameterExceptionHandler(ErrorLine::wrongUsage);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setAbbreviatedOptionsAllowed(false);
    line.setUsageHelpAutoWidth(true);
    return line;
  }
}
