package dev.lazuli.snapshotter.cli;

import dev.lazuli.bridge.kernel.SystemCalls;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Entry point of the {@code lazuli} command. */
public final class Main {
  private static final String DAEMON = "daemon";

  private Main() {}

  /**
   * Runs one command and ends the process with its exit code: 0 done, 1 failed, 2 wrong usage.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    System.exit(commandLine(args).execute(args));
  }

  /** Returns what can execute {@code args}. */
  private static CommandLine commandLine(String[] args) {
    if (args.length == 0 || !args[0].equals(DAEMON)) {
      return commandLine();
    }
    var _ = Thread.ofPlatform().daemon().name("native-calls").start(SystemCalls::prepare);
    return daemon();
  }

  /** Returns the command tree, ready to execute. */
  static CommandLine commandLine() {
    var root = new LazuliCommand();
    return ready(new CommandLine(root), root.verbosity());
  }

  /**
   * Returns a tree of the daemon's command alone. It acts as in the whole tree, which takes longer
   * to build than all else that the daemon does with its command line.
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

  private static CommandLine ready(CommandLine line, Verbosity verbosity) {
    line.setExecutionExceptionHandler(new ErrorLine(verbosity));
    line.setParameterExceptionHandler(ErrorLine::wrongUsage);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setAbbreviatedOptionsAllowed(false);
    line.setUsageHelpAutoWidth(true);
    return line;
  }
}
