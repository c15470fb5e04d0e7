package dev.lazuli.snapshotter.node;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** A service manager's socket, whose datagrams come out in a file: one line each. */
final class NotifySocket implements AutoCloseable {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final String PROGRAM =
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.bind(sys.argv[1])
      print("bound", flush=True)
      while True:
          print(s.recv(4096).decode().strip().replace("\\n", " "), flush=True)
      """;

  private final Path socket;
  private final Path output;
  private final Process process;

  NotifySocket(Path directory) throws IOException {
    assumeTrue(Files.isExecutable(PYTHON), "needs python3");
    socket = directory.resolve("notify");
    output = directory.resolve("notify.log");
    process =
        new ProcessBuilder(PYTHON.toString(), "-c", PROGRAM, socket.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    await(lines -> lines.contains("bound"));
  }

  Path path() {
    return socket;
  }

  /** Returns what has come so far. */
  List<String> received() throws IOException {
    return Files.readAllLines(output).stream().skip(1).toList();
  }

  /** Waits until what has come satisfies a condition. */
  void await(Predicate<List<String>> condition) throws IOException {
    Eventually.until(
        NodeProcess.LONG,
        () -> condition.test(Files.readAllLines(output)) || hasEnded(),
        () -> Files.readString(output));
  }

  private boolean hasEnded() throws IOException {
    if (process.isAlive()) {
      return false;
    }
    throw new IOException("python has ended: " + Files.readString(output));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
