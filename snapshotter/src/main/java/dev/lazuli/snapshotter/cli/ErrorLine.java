package dev.lazuli.snapshotter.cli;

import dev.lazuli.registry.model.Text;
import dev.lazuli.snapshotter.cli.output.Printable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Tells the user of a failure in one line on standard error. A stack trace follows when {@code -v}
 * asks for it; of an exception that only a defect of ours can cause the line says so.
 */
final class ErrorLine implements IExecutionExceptionHandler {
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  private final Verbosity verbosity;

  ErrorLine(Verbosity verbosity) {
    this.verbosity = verbosity;
  }

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
    return tell(failure, command);
  }

  /** Reports a failure of {@code command} and returns the exit code. */
  int tell(Throwable failure, CommandLine command) {
    var cause = unwrap(failure);
    var err = command.getErr();
    err.println(command.getColorScheme().errorText("lazuli: " + Printable.of(describe(cause))));
    if (verbosity.verbose()) {
      cause.printStackTrace(err);
    }
    err.flush();
    return FAILED;
  }

  /** Reports a wrong command line, with the closest valid words and where to read more. */
  static int wrongUsage(ParameterException failure, String[] args) {
    var command = failure.getCommandLine();
    var err = command.getErr();
    var name = command.getCommandSpec().qualifiedName();
    err.println(command.getColorScheme().errorText(name + ": " + Printable.of(firstLine(failure))));
    UnmatchedArgumentException.printSuggestions(failure, err);
    err.println("See: " + name + " --help");
    err.flush();
    return WRONG_USAGE;
  }

  /**
   * Returns the words for a failure: its message, made whole where the JDK leaves out what went
   * wrong.
   */
  static String describe(Throwable failure) {
    var message = failure.getMessage();
    return switch (failure) {
      case IOException e when message != null -> Text.reason(e);
      case CommandException e when message != null -> message;
      default -> "internal error: " + failure + " (-v shows where)";
    };
  }

  private static String firstLine(Throwable failure) {
    @Nullable String message = failure.getMessage();
    return message == null ? failure.toString() : message.lines().findFirst().orElse(message);
  }

  private static Throwable unwrap(Throwable failure) {
    var current = failure;
    while ((current instanceof CompletionException
            || current instanceof ExecutionException
            || current instanceof UncheckedIOException)
        && current.getCause() != null) {
      current = current.getCause();
    }
    return current;
  }
}
