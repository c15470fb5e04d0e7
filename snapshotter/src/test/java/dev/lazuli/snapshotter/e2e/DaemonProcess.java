package dev.lazuli.snapshotter.e2e;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code lazuli daemon} as a process of its own, started by the launcher, as on a node: with the
 * JVM's options that users get, and from the AOT cache where the build made one.
 */
public final class DaemonProcess implements AutoCloseable {
  private static final List<String> LAUNCHER =
      List.of(
          "env",
          // Whoever runs the tests may ignore SIGINT, and what is ignored stays so in a child.
          "--default-signal=INT,TERM",
          "LAZULI_BUILD=no",
          "JAVA_HOME=" + System.getProperty("java.home"),
          Path.of("../lazuli").toAbsolutePath().normalize().toString());
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final long STOP_SECONDS = 60;

  private final boolean kept;
  private final Path directory;
  private final Path log;
  private final Process process;

  private DaemonProcess(boolean kept, Path directory, Path log, Process process) {
    this.kept = kept;
    this.directory = directory;
    this.log = log;
    this.process = process;
  }

  /**
   * Starts a daemon and waits until it listens.
   *
   * @param directory its root is {@code root} in here, its state {@code run}; both are kept
   * @param settings keys of the configuration, {@code key=value}
   */
  public static DaemonProcess start(Path directory, Path socket, String... settings)
      throws IOException {
    return start(directory, socket, false, settings);
  }

  /** Starts a daemon whose mounts outlive it when it is killed. */
  public static DaemonProcess startKept(Path directory, Path socket, String... settings)
      throws IOException {
    return start(directory, socket, true, settings);
  }

  private static DaemonProcess start(
      Path directory, Path socket, boolean keeper, String... settings) throws IOException {
    var command = new ArrayList<>(LAUNCHER);
    command.addAll(
        List.of(
            "daemon",
            "--root=" + directory.resolve("root"),
            "--state=" + directory.resolve("run"),
            "--address=" + socket,
            "--log-level=debug",
            "--set",
            "mount.keeper=" + keeper,
            "--set",
            "mount.rehearsal=false")); // Other tests want the processor.
    Arrays.stream(settings).forEach(setting -> command.addAll(List.of("--set", setting)));
    Files.createDirectories(directory);
    var log = directory.resolve("daemon.log");
    var process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    var daemon = new DaemonProcess(keeper, directory, log, process);
    daemon.awaitListening(socket);
    return daemon;
  }

  private void awaitListening(Path socket) throws IOException {
    try {
      Eventually.until(START_LIMIT, () -> listens(socket) || hasEnded(), this::log);
    } catch (AssertionError e) {
      close();
      throw e;
    }
  }

  private boolean hasEnded() throws IOException {
    if (process.isAlive()) {
      return false;
    }
    throw new IOException("the daemon has ended: " + log());
  }

  /** Returns the words of any {@code lazuli} command. */
  public static List<String> words(String... arguments) {
    var words = new ArrayList<>(LAUNCHER);
    words.addAll(List.of(arguments));
    return words;
  }

  /** Returns any {@code lazuli} command. */
  public static Command lazuli(String... arguments) {
    return Command.of(LAUNCHER.toArray(String[]::new)).with(arguments);
  }

  private static boolean listens(Path socket) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  public Path root() {
    return directory.resolve("root");
  }

  /** Returns the daemon's resident memory, now and at its highest, as the kernel counts it. */
  public String memory() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS") || line.startsWith("VmHWM"))
        .map(line -> line.replaceAll("\\s+", " "))
        .collect(Collectors.joining(", "));
  }

  public Path state() {
    return directory.resolve("run");
  }

  /** Asks the daemon as {@code lazuli status} does. */
  public NodeStatus status() throws IOException {
    var json =
        lazuli("status", "--json").with("--state=" + state()).within(Node.LONG).check().output();
    return JsonMapper.shared().readValue(json, NodeStatus.class);
  }

  public String log() throws IOException {
    return Files.readString(log);
  }

  /**
   * Waits until containerd's client has found the daemon again: after a refused call it backs off
   * for seconds.
   */
  public void awaitKnownTo(PrivateContainerd containerd) throws IOException {
    awaitKnownTo(containerd, "lazuli");
  }

  /** Waits until containerd has found the daemon by the name of one of its snapshotters. */
  public void awaitKnownTo(PrivateContainerd containerd, String snapshotter) throws IOException {
    var call = containerd.ctr("snapshots", "--snapshotter", snapshotter, "prepare", "probe");
    Eventually.until(START_LIMIT, () -> call.run().exitStatus() == 0, this::log);
    containerd.ctr("snapshots", "--snapshotter", snapshotter, "rm", "probe").check();
  }

  /** Kills the process without a word. */
  public void kill() throws IOException {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Takes away what a killed daemon left mounted, as the end of the machine would. */
  public void unmountAll() throws IOException {
    MountTable.unmountBelow(directory);
  }

  /** Ends it by SIGTERM, or where it has a keeper by SIGINT, which unmounts all. Idempotent. */
  @Override
  public void close() throws IOException {
    if (process.isAlive()) {
      Command.of("kill", kept ? "-INT" : "-TERM", Long.toString(process.pid())).run();
    }
    awaitEnd();
  }

  private void awaitEnd() throws IOException {
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("the daemon did not stop within " + STOP_SECONDS + " s: " + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
