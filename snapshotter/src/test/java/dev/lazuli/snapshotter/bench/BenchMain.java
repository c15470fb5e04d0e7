package dev.lazuli.snapshotter.bench;

import dev.lazuli.testimages.CleanUp;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** What the measurements of this package do with their command lines. */
final class BenchMain {
  private BenchMain() {}

  /** Runs a measurement to its end, and this process with it. */
  static void run(Callable<Integer> measurement, String... arguments) throws IOException {
    var line =
        new CommandLine(measurement)
            .registerConverter(BenchImage.class, BenchImage::parse)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpAutoWidth(true)
            .setParameterExceptionHandler(BenchMain::complain)
            .setExecutionExceptionHandler(BenchMain::complain);
    int status;
    // For the processes that make images: a signal ends those, too.
    try (var _ = new CleanUp()) {
      status = line.execute(arguments);
    }
    System.exit(status);
  }

  /**
   * What fails here is nearly always something that was asked for, and a stack trace is no help.
   */
  private static int complain(Exception e, CommandLine command, ParseResult parsed) {
    System.err.println(command.getCommandName() + ": " + text(e));
    return command.getCommandSpec().exitCodeOnExecutionException();
  }

  private static String text(Exception e) {
    boolean clear = e instanceof IOException || e instanceof IllegalArgumentException;
    return clear ? String.valueOf(e.getMessage()) : e.toString();
  }

  private static int complain(ParameterException e, String[] arguments) {
    var name = e.getCommandLine().getCommandName();
    System.err.println(name + ": " + e.getMessage() + " (" + name + " --help says more)");
    return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
  }
}
