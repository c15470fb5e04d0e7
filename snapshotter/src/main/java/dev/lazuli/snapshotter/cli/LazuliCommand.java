package dev.lazuli.snapshotter.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root of the command tree: the options that every command knows, and the list of commands. */
@Command(
    name = "lazuli",
    description = "Starts containers before their images have arrived.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%n",
    descriptionHeading = "%n",
    exitCodeOnInvalidInput = ErrorLine.WRONG_USAGE,
    exitCodeOnExecutionException = ErrorLine.FAILED,
    subcommands = {
      DaemonCommand.class,
      ConvertCommand.class,
      IndexCommand.class,
      DemoCommand.class,
      InspectCommand.class,
      VerifyCommand.class,
      MountCommand.class,
      RpullCommand.class,
      DoctorCommand.class,
      StatusCommand.class,
      FetchCommand.class,
      ContentCommand.class,
      PinCommand.class,
      PruneCommand.class,
      StoreAuthCommand.class,
      ConfigCommand.class,
      VersionCommand.class,
      CompletionCommand.class,
      WarmUpCommand.class
    })
final class LazuliCommand implements Runnable {
  @Mixin private Verbosity verbosity = new Verbosity();

  @Spec private CommandSpec spec;

  Verbosity verbosity() {
    return verbosity;
  }

  /** Gives a command that is used without this one the same look and exit codes. */
  static void present(CommandSpec command) {
    command
        .exitCodeOnInvalidInput(ErrorLine.WRONG_USAGE)
        .exitCodeOnExecutionException(ErrorLine.FAILED);
    command
        .usageMessage()
        .commandListHeading("%nCommands:%n")
        .optionListHeading("%nOptions:%n")
        .parameterListHeading("%n")
        .descriptionHeading("%n");
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command");
  }
}
