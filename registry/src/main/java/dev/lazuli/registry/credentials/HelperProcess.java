package dev.lazuli.registry.credentials;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that is asked for credentials: a question on standard input, an answer on standard
 * output, of which a bounded part is read. What it writes to standard error is dropped, for it may
 * hold secrets.
 *
 * @param name by which messages call it
 * @param environment all that it gets
 * @param limit after which it is killed
 */
record HelperProcess(
    String name,
    Path program,
    List<String> arguments,
    Map<String, String> environment,
    Duration limit) {
  private static final int MAX_BYTES = 64 << 10;

  HelperProcess {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  /** What a program said. */
  record Answer(int status, String text) {}

  /**
   * Runs it to its end.
   *
   * @throws IOException if it cannot be started; one that is killed has a status other than 0
   */
  Answer ask(String question) throws IOException {
    Process process = start();
    try {
      Thread watch = killAfterLimit(process);
      String text = talk(process, question);
      int status = process.waitFor();
      watch.interrupt();
      return new Answer(status, text);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + name + " was running");
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start() throws IOException {
    var command = new ArrayList<>(List.of(program.toString()));
    command.addAll(arguments);
    var builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private Thread killAfterLimit(Process process) {
    return Thread.ofVirtual()
        .name("credential helper timeout")
        .start(
            () -> {
              try {
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                  process.descendants().forEach(ProcessHandle::destroyForcibly);
                  process.destroyForcibly();
                }
              } catch (InterruptedException e) {
                // it ended in time
              }
            });
  }

  private static String talk(Process process, String question) throws IOException {
    try (OutputStream in = process.getOutputStream()) {
      in.write((question + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It need not read; its answer and status count.
    }
    try (InputStream out = process.getInputStream()) {
      return new String(out.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
    }
  }
}
