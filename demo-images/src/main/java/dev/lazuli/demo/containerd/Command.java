package dev.lazuli.demo.containerd;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A command of the machine, run to its end with its output captured. Immutable.
 *
 * @param words program and arguments
 * @param environment variables beside those of this process
 * @param directory working directory
 * @param timeout after which it is killed
 */
public record Command(
    List<String> words, Map<String, String> environment, Path directory, Duration timeout) {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  /** Copies the collections. */
  public Command {
    words = List.copyOf(words);
    environment = Map.copyOf(environment);
  }

  /** Returns a command that runs in the current directory and may take a minute. */
  public static Command of(String... words) {
    return new Command(
        Arrays.asList(words), Map.of(), Path.of("").toAbsolutePath(), DEFAULT_TIMEOUT);
  }

  /** Returns the same command with more arguments. */
  public Command with(String... arguments) {
    List<String> all = new ArrayList<>(words);
    all.addAll(Arrays.asList(arguments));
    return new Command(all, environment, directory, timeout);
  }

  /** Returns the same command with one more environment variable. */
  public Command withEnvironment(String name, String value) {
    Map<String, String> all = new TreeMap<>(environment);
    all.put(name, value);
    return new Command(words, all, directory, timeout);
  }

  /** Returns the same command in another working directory. */
  public Command in(Path workingDirectory) {
    return new Command(words, environment, workingDirectory, timeout);
  }

  /** Returns the same command with another time limit. */
  public Command within(Duration limit) {
    return new Command(words, environment, directory, limit);
  }

  /**
   * Runs the command and waits for its end, successful or not.
   *
   * @throws IOException if it cannot be started, or was killed because its time was over
   */
  public CommandResult run() throws IOException {
    var output = Files.createTempFile("command", ".out");
    var errors = Files.createTempFile("command", ".err");
    try {
      var started = System.nanoTime();
      var status = run(output, errors);
      var elapsed = Duration.ofNanos(System.nanoTime() - started);
      return new CommandResult(words, status, text(output), text(errors), elapsed);
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }

  /** Files, not pipes: a grandchild that keeps a pipe open would keep us waiting. */
  private int run(Path output, Path errors) throws IOException {
    var builder = new ProcessBuilder(words).directory(directory.toFile());
    builder.environment().putAll(environment);
    builder.redirectOutput(output.toFile()).redirectError(errors.toFile());
    var process = builder.start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(
            String.join(" ", words) + ": still running after " + timeout + ": " + text(errors));
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(String.join(" ", words) + ": interrupted", e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), UTF_8);
  }

  /**
   * Runs the command and returns its result if it was successful.
   *
   * @throws IOException also if the exit status is not 0; the message holds the errors it printed
   */
  public CommandResult check() throws IOException {
    var result = run();
    if (result.exitStatus() != 0) {
      throw new IOException(
          String.join(" ", words)
              + ": exit status "
              + result.exitStatus()
              + ": "
              + result.errors().strip());
    }
    return result;
  }
}
