package dev.lazuli.snapshotter.cli;

import dev.lazuli.bridge.kernel.SystemCalls;

/** Entry point of the {@code lazuli} command. */
public final class Main {
  private Main() {}

  /**
   * Runs one command and ends the process with its exit code: 0 done, 1 failed, 2 wrong usage.
   *
   * @param args the command line
   */
  public static void main(String[] args) {
    boolean daemon = args.length > 0 && args[0].equals(CommandLines.DAEMON);
    System.exit(daemon ? executeDaemon(args) : CommandLines.all().execute(args));
  }

  private static int executeDaemon(String[] args) {
    var _ = Thread.ofPlatform().daemon().name("native-calls").start(SystemCalls::prepare);
    var options = DaemonArguments.read(args);
    if (options.isEmpty()) {
      return CommandLines.daemon().execute(args);
    }
    try {
      return new DaemonCommand(options.get()).call();
    } catch (Throwable e) {
      // An error must end the process, too: other threads would keep it alive without serving
      // anything.
      return CommandLines.tellOfDaemon(e);
    }
  }
}
