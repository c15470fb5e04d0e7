package dev.lazuli.demo.containerd;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A long-running program of the machine with its output in a log file. Closing ends it: politely
 * first, by force after a while.
 */
public final class Daemon implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(8);
  private static final int POLL_MILLIS = 10;

  private final List<String> words;
  private final Path log;
  private final Process process;

  /** Whether something has happened yet. */
  @FunctionalInterface
  public interface Condition {
    /** Looks. */
    boolean holds() throws IOException;
  }

  private Daemon(List<String> words, Path log, Process process) {
    this.words = words;
    this.log = log;
    this.process = process;
  }

  /** Starts a program whose output goes to {@code log}. */
  public static Daemon start(Path log, String... words) throws IOException {
    return start(log, Command.of(words));
  }

  /** Starts a program with the words and variables of a command, which may run for long. */
  static Daemon start(Path log, Command command) throws IOException {
    var builder = new ProcessBuilder(command.words());
    builder.environment().putAll(command.environment());
    var process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    process.getOutputStream().close();
    return new Daemon(command.words(), log, process);
  }

  /**
   * Waits until {@code ready} holds.
   *
   * @throws IOException if the program ends before, or the time is over; the message holds its log
   */
  public Daemon awaitReady(Duration limit, Condition ready) throws IOException {
    var end = System.nanoTime() + limit.toNanos();
    while (!ready.holds()) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        var message = String.join(" ", words) + " is not ready: " + log();
        close();
        throw new IOException(message);
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        close();
        throw new IOException(String.join(" ", words) + ": interrupted", e);
      }
    }
    return this;
  }

  /** Returns what it has printed so far. */
  public String log() throws IOException {
    return new String(Files.readAllBytes(log), UTF_8);
  }

  /** Returns whether it still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
