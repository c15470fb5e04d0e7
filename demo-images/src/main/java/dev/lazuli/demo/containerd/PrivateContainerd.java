package dev.lazuli.demo.containerd;

import dev.lazuli.demo.images.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A containerd of its own: private root, state and socket, with remote snapshotters in its
 * configuration. Needs root and the programs {@code containerd}, {@code ctr} and {@code runc}.
 */
public final class PrivateContainerd implements AutoCloseable {
  private static final int MAX_DIRECTORY_BYTES = 60; // a socket's address has at most 107
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);
  private static final Duration TASK_LIMIT = Duration.ofSeconds(5);

  private final Path directory;
  private final ContainerdConfig config;
  private final NodePrograms programs;
  private Daemon daemon;

  private PrivateContainerd(Path directory, ContainerdConfig config, NodePrograms programs)
      throws IOException {
    this.directory = directory;
    this.config = config;
    this.programs = programs;
    this.daemon = launch();
  }

  /** Returns why no containerd can be started here, or nothing if one can. */
  public static Optional<String> obstacle() {
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("containerd needs root");
    }
    return HostFiles.find("umount").isEmpty()
        ? Optional.of("umount is not installed")
        : NodePrograms.chosen().obstacle();
  }

  /** Starts the containerd of the chosen node and waits until it answers. */
  public static PrivateContainerd start(Path directory, ContainerdConfig config)
      throws IOException {
    return start(directory, config, NodePrograms.chosen());
  }

  /**
   * Starts containerd and waits until it answers.
   *
   * @param directory where everything of it lies; its path has at most 60 bytes
   * @throws IOException if it does not answer; the message holds its log
   */
  public static PrivateContainerd start(
      Path directory, ContainerdConfig config, NodePrograms programs) throws IOException {
    if (directory.toString().length() > MAX_DIRECTORY_BYTES || !directory.isAbsolute()) {
      throw new IllegalArgumentException("not a short absolute path: " + directory);
    }
    Files.createDirectories(directory.resolve("cni"));
    Files.writeString(directory.resolve("c.toml"), config.toToml(directory, programs.isSecond()));
    return new PrivateContainerd(directory, config, programs);
  }

  /**
   * Starts containerd with the snapshotter {@code lazuli}.
   *
   * @param snapshotterSocket where it listens, or will listen later
   */
  public static PrivateContainerd start(Path directory, Path snapshotterSocket) throws IOException {
    return start(directory, ContainerdConfig.lazuliAt(snapshotterSocket));
  }

  private Daemon launch() throws IOException {
    var command =
        programs.command("containerd").with("--config", directory.resolve("c.toml").toString());
    return Daemon.start(directory.resolve("c.log"), command).awaitReady(START_LIMIT, this::answers);
  }

  private boolean answers() throws IOException {
    return Files.exists(socket()) && ctr("version").within(ANSWER_LIMIT).run().exitStatus() == 0;
  }

  /** Stops containerd, as an upgrade would, and starts it again; containers go on running. */
  public void restart() throws IOException {
    daemon.close();
    daemon = launch();
  }

  /** Returns the directory that all of it lies in. */
  public Path directory() {
    return directory;
  }

  /** Returns containerd's socket. */
  public Path socket() {
    return directory.resolve("c.sock");
  }

  /** Returns whose programs it is made of. */
  public NodePrograms programs() {
    return programs;
  }

  /** Returns what containerd was told. */
  public ContainerdConfig config() {
    return config;
  }

  /** Returns what containerd has logged. */
  public String log() throws IOException {
    return daemon.log();
  }

  /** Returns a run of {@code ctr} against this containerd. */
  public Command ctr(String... arguments) {
    return programs.command("ctr").with("--address", socket().toString()).with(arguments);
  }

  /** Returns a run of {@code ctr-remote} against this containerd. */
  public Command ctrRemote(String... arguments) {
    return Command.of("ctr-remote", "--address", socket().toString()).with(arguments);
  }

  /** Runs {@code ctr} against this containerd. */
  public CommandResult ctr(Duration timeout, String... arguments) throws IOException {
    return ctr(arguments).within(timeout).run();
  }

  /** Runs {@code ctr-remote} against this containerd. */
  public CommandResult ctrRemote(Duration timeout, String... arguments) throws IOException {
    return ctrRemote(arguments).within(timeout).run();
  }

  /**
   * Ends containers, shims, containerd and every mount below its directory, and removes their
   * control groups and the directory. Idempotent.
   *
   * @throws IOException if something cannot be removed
   */
  @Override
  public void close() throws IOException {
    var state = directory.resolve("state");
    var namespaces = Leftovers.namespaces(state);
    removeTasks(Leftovers.containers(state));
    var stubborn = Leftovers.containers(state);
    daemon.close();
    Leftovers.killShims(socket());
    MountTable.unmountBelow(directory);
    Leftovers.remove(stubborn);
    Leftovers.removeNamespaces(namespaces);
    Leftovers.delete(directory);
  }

  /**
   * Asks containerd first, so that shim and runc clean up after themselves. Goes on if that fails.
   */
  private void removeTasks(List<Leftovers.Container> containers) {
    if (!daemon.isAlive()) {
      return;
    }
    for (var container : containers) {
      try {
        ctr("--namespace", container.namespace(), "task", "rm", "--force", container.id())
            .within(TASK_LIMIT)
            .run();
      } catch (IOException tooSlow) {
        return;
      }
    }
  }
}
