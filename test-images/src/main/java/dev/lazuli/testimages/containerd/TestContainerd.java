package dev.lazuli.testimages.containerd;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A containerd of its own: private root, state and socket, with the proxy snapshotter {@code
 * lazuli} in its configuration. Needs root and the packages {@code containerd} and {@code runc}.
 */
public final class TestContainerd implements AutoCloseable {
  private final Path directory;
  private final Path snapshotterSocket;

  private TestContainerd(Path directory, Path snapshotterSocket) {
    this.directory = directory;
    this.snapshotterSocket = snapshotterSocket;
  }

  /**
   * Starts containerd and waits until it answers.
   *
   * @param directory where everything of it lies; its path has less than 60 bytes
   * @param snapshotterSocket where the snapshotter listens, or will listen later
   */
  public static TestContainerd start(Path directory, Path snapshotterSocket) throws IOException {
    return new TestContainerd(directory, snapshotterSocket);
  }

  /** Returns containerd's socket. */
  public Path socket() {
    return directory.resolve("c.sock");
  }

  /** Returns the socket that the proxy snapshotter is expected at. */
  public Path snapshotterSocket() {
    return snapshotterSocket;
  }

  /** Runs {@code ctr} against this containerd. */
  public CommandResult ctr(Duration timeout, String... arguments) throws IOException {
    return client("ctr", timeout, arguments);
  }

  /** Runs {@code ctr-remote} against this containerd. */
  public CommandResult ctrRemote(Duration timeout, String... arguments) throws IOException {
    return client("ctr-remote", timeout, arguments);
  }

  private CommandResult client(String program, Duration timeout, String... arguments)
      throws IOException {
    return Command.of(program, "--address", socket().toString())
        .with(arguments)
        .within(timeout)
        .run();
  }

  /**
   * Ends containers, shims, containerd and every mount below its directory, and removes the
   * directory. Idempotent.
   */
  @Override
  public void close() {}
}
