package dev.lazuli.snapshotter.node;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A {@link TestNode} in a process of its own. */
final class NodeProcess {
  static final Duration LONG = Duration.ofMinutes(2);

  private final Process process;
  private final Path log;

  private NodeProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts one.
   *
   * @param prefix words before {@code java}, such as those of {@code env}
   * @param arguments those of {@link TestNode}
   */
  static NodeProcess start(
      Path log, List<String> prefix, Map<String, String> environment, List<String> arguments)
      throws IOException {
    return new NodeProcess(launch(log, prefix, environment, arguments), log);
  }

  /** Starts the process alone. */
  static Process launch(
      Path log, List<String> prefix, Map<String, String> environment, List<String> arguments)
      throws IOException {
    var command = new ArrayList<String>();
    // Whoever runs the tests may ignore SIGINT, and what is ignored stays so in a child.
    command.addAll(List.of("env", "--default-signal=INT,TERM,HUP"));
    command.addAll(prefix);
    command.addAll(
        List.of(
            System.getProperty("java.home") + "/bin/java",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            TestNode.class.getName()));
    command.addAll(arguments);
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Waits until it listens. */
  NodeProcess awaitServing(Path socket) throws IOException, InterruptedException {
    try {
      Eventually.until(LONG, () -> !process.isAlive() || listens(socket), this::log);
    } catch (AssertionError e) {
      process.destroyForcibly().waitFor();
      throw e;
    }
    if (!process.isAlive()) {
      throw new IOException("the daemon does not serve " + socket + ": " + log());
    }
    return this;
  }

  static boolean listens(Path socket) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  /** Waits for its end and returns its exit code. */
  int awaitEnd() throws IOException, InterruptedException {
    if (!process.waitFor(LONG.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new IOException("the daemon did not end: " + log());
    }
    return process.exitValue();
  }

  /** Sends a signal and waits for the end. */
  int end(String signal) throws IOException, InterruptedException {
    send(signal);
    return awaitEnd();
  }

  void send(String signal) throws IOException {
    Command.of("kill", "-s", signal, Long.toString(process.pid())).check();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Returns what all daemons with this log have written. */
  String log() throws IOException {
    return Files.readString(log);
  }
}
