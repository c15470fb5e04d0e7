package dev.lazuli.snapshotter.cli.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program and returns what it prints. */
final class Program {
  private static final long LIMIT_SECONDS = 120;

  private Program() {}

  /** Runs it with {@code root} as its root directory. */
  static String runIn(Path root, List<String> command) throws IOException {
    var words = new ArrayList<>(List.of("chroot", root.toString()));
    words.addAll(command);
    return run(words);
  }

  /**
   * Runs it on this machine.
   *
   * @throws IOException if it cannot be started, fails, or runs for more than two minutes
   */
  static String run(List<String> command) throws IOException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    try (var output = process.getInputStream()) {
      var text = new String(output.readAllBytes(), UTF_8).strip();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(command + " failed: " + text);
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(command + " was interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
