package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lazuli config default|check}. */
@Command(
    name = "config",
    description = "Print or check a configuration file.",
    synopsisSubcommandLabel = "COMMAND")
final class ConfigCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command");
  }

  @Command(
      name = "default",
      description = "Print a file that explains every key, each commented out with its default.")
  void printDefault() {
    spec.commandLine().getOut().print(Configuration.defaultFile());
    spec.commandLine().getOut().flush();
  }

  @Command(name = "check", description = "Check a file; say what is wrong with it and where.")
  void check(
      @Parameters(
              paramLabel = "FILE",
              arity = "0..1",
              defaultValue = "/etc/lazuli/config.toml",
              description = "The file. Default: ${DEFAULT-VALUE}.")
          Path file)
      throws IOException {
    Configuration.load(file, Map.of());
    var fate = Files.exists(file) ? ": correct" : ": no such file, all defaults apply";
    spec.commandLine().getOut().println(file + fate);
  }
}
