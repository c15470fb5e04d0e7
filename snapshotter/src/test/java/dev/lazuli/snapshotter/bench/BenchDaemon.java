package dev.lazuli.snapshotter.bench;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code lazuli daemon} with a root of its own, started as its launcher starts it. */
final class BenchDaemon implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final int STOP_SECONDS = 20;
  private static final long POLL_MILLIS = 5;

  private final Path log;
  private final Process process;
  private final Duration ready;

  private BenchDaemon(Path log, Process process, Path socket) throws IOException {
    this.log = log;
    this.process = process;
    long began = System.nanoTime();
    await(() -> listens(socket));
    this.ready = Duration.ofNanos(System.nanoTime() - began);
  }

  /** What a daemon is waited for. */
  interface Condition {
    boolean holds() throws IOException;
  }

  /**
   * Starts a daemon and waits until it listens.
   *
   * @param directory of its root, state and log
   * @throws IOException if it does not listen; the message holds its log
   */
  static BenchDaemon start(Path directory, String launcher, List<String> settings, Path socket)
      throws IOException {
    // Whoever runs this may ignore SIGINT, and what is ignored stays so in a child.
    var words =
        new ArrayList<>(
            List.of(
                "env",
                "--default-signal=INT,TERM",
                launcher,
                "daemon",
                "--root=" + directory.resolve("root"),
                "--state=" + directory.resolve("run"),
                "--address=" + socket));
    settings.forEach(setting -> words.add("--set=" + setting));
    var log = directory.resolve("daemon.log");
    var process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new BenchDaemon(log, process, socket);
  }

  /**
   * Waits until the daemon fulfils a condition.
   *
   * @throws IOException if it ends before, or takes too long; the daemon is stopped then
   */
  void await(Condition condition) throws IOException {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!condition.holds()) {
      if (!process.isAlive() || System.nanoTime() - end > 0) {
        var said = Files.readString(log);
        close();
        throw new IOException("the daemon does not answer: " + said);
      }
      Bed.pause(POLL_MILLIS);
    }
  }

  private static boolean listens(Path socket) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  long pid() {
    return process.pid();
  }

  /** Returns how long it took from its start until it listened. */
  Duration ready() {
    return ready;
  }

  /** Ends the daemon as SIGINT does, which unmounts everything. */
  @Override
  public void close() throws IOException {
    try {
      var _ = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
