package dev.lazuli.snapshotter.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** What can read and execute command lines. Apart from {@link Main}, which daemons run without. */
final class CommandLines {
  static final String DAEMON = "daemon";

  private CommandLines() {}

  /** Returns the command tree, ready to execute. */
  static CommandLine all() {
    var root = new LazuliCommand();
    return ready(new CommandLine(root), root.verbosity());
  }

  /**
   * Returns a tree of the daemon's command alone. It acts as in the whole tree, which takes longer
   * to build than everything else that the daemon does with its command line.
   */
  static CommandLine daemon() {
    var verbosity = new Verbosity();
    var root = CommandSpec.create().name("lazuli");
    root.addMixin("verbosity", CommandSpec.forAnnotatedObject(verbosity));
    var line = new CommandLine(root);
    var daemon = new CommandLine(new DaemonCommand());
    daemon.getCommandSpec().mixinStandardHelpOptions(true).versionProvider(new Version());
    LazuliCommand.present(daemon.getCommandSpec());
    line.addSubcommand(DAEMON, daemon);
    return ready(line, verbosity);
  }

  /** Tells of the failure of a daemon that was started without all this; returns its exit code. */
  static int tellOfDaemon(Throwable failure) {
    return new ErrorLine(new Verbosity()).tell(failure, daemon());
  }

  private static CommandLine ready(CommandLine line, Verbosity verbosity) {
    line.setExecutionExceptionHandler(new ErrorLine(verbosity));
    line.setParameterExceptionHandler(ErrorLine::wrongUsage);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setAbbreviatedOptionsAllowed(false);
    line.setUsageHelpAutoWidth(true);
    return line;
  }
}
