package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.config.LogFormat;
import dev.lazuli.snapshotter.config.LogLevel;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * The build's training run: walks through what commands do first, so that the classes they need
 * come from the AOT cache afterwards. Changes nothing outside the process.
 */
@Command(
    name = "warm-up",
    hidden = true,
    description = "Load what commands load, for the AOT cache.")
final class WarmUpCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    var out = spec.commandLine().getOut();
    for (var command : spec.root().subcommands().values()) {
      command.usage(out);
    }
    Main.commandLine().execute("version");
    Main.commandLine().execute("completion", "bash");
    Main.commandLine().execute("--no-such-option");
    Main.commandLine().execute("config", "default");
    Main.commandLine().execute("config", "check");
    for (var format : LogFormat.values()) {
      Logging.configure(format, LogLevel.INFO);
      LoggerFactory.getLogger(WarmUpCommand.class)
          .atInfo()
          .addKeyValue("format", format)
          .log("warm");
    }
  }
}
