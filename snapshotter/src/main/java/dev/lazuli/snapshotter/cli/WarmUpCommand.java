package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.cli.output.Logging;
import dev.lazuli.snapshotter.cli.training.NodeWarmUp;
import dev.lazuli.snapshotter.config.LogFormat;
import dev.lazuli.snapshotter.config.LogLevel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The build's training run: walks through what commands do first, so that the classes they need
 * come from the AOT cache afterwards. Leaves nothing behind.
 */
@Command(
    name = "warm-up",
    hidden = true,
    description = "Load what commands load, for the AOT cache.")
final class WarmUpCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--daemon",
      paramLabel = "DIRECTORY",
      description = "Use the daemon in this directory, which records for a cache of its own.")
  private Optional<Path> daemon = Optional.empty();

  @Override
  public Integer call() throws Exception {
    if (daemon.isPresent()) {
      NodeWarmUp.run(daemon.get());
    } else {
      useCommands();
    }
    return 0;
  }

  private void useCommands() {
    var out = spec.commandLine().getOut();
    for (var command : spec.root().subcommands().values()) {
      command.usage(out);
    }
    CommandLines.all().execute("version");
    CommandLines.all().execute("completion", "bash");
    CommandLines.all().execute("--no-such-option");
    CommandLines.all().execute("config", "default");
    CommandLines.all().execute("config", "check");
    for (var format : LogFormat.values()) {
      Logging.configure(format, LogLevel.INFO);
      LoggerFactory.getLogger(WarmUpCommand.class)
          .atInfo()
          .addKeyValue("format", format)
          .log("warm");
    }
  }
}
