package dev.lazuli.snapshotter.bench;

import dev.lazuli.testimages.containerd.ContainerdConfig;
import dev.lazuli.testimages.containerd.MountTable;
import dev.lazuli.testimages.containerd.TestContainerd;
import dev.lazuli.testimages.registry.LinkProfile;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A private containerd, a registry behind a link of adjustable speed, and {@code lazuli daemon} as
 * its launcher starts it.
 */
final class Bed implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final long POLL_MILLIS = 20;

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Path directory;
  private final TestRegistry registry;
  private final TestContainerd containerd;
  private final Process daemon;
  private final Duration ready;

  private Bed(Path directory, String launcher, List<String> settings, Map<String, Path> others)
      throws IOException {
    this.directory = directory;
    parts.push(() -> remove(directory));
    registry = TestRegistry.start();
    parts.push(registry);
    var socket = directory.resolve("lazuli.sock");
    var config = ContainerdConfig.lazuliAt(socket);
    for (var other : others.entrySet()) {
      config = config.withSnapshotter(other.getKey(), other.getValue());
    }
    containerd = TestContainerd.start(directory.resolve("c"), config);
    parts.push(containerd);
    long began = System.nanoTime();
    daemon = launch(directory, launcher, settings, socket);
    parts.push(this::stopDaemon);
    await(() -> listens(socket));
    ready = Duration.ofNanos(System.nanoTime() - began);
    await(() -> probe("prepare"));
    probe("rm");
  }

  /** Starts all of it; on failure nothing is left. */
  static Bed start(String launcher, List<String> settings, Map<String, Path> others)
      throws IOException {
    return new Bed(Files.createTempDirectory(Path.of("/tmp"), "lzb"), launcher, settings, others);
  }

  private static Process launch(Path directory, String launcher, List<String> settings, Path socket)
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
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("daemon.log").toFile())
        .start();
  }

  private boolean probe(String action) throws IOException {
    return containerd
            .ctr("snapshots", "--snapshotter", "lazuli", action, "probe")
            .run()
            .exitStatus()
        == 0;
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private void await(Condition condition) throws IOException {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!condition.holds()) {
      if (!daemon.isAlive() || System.nanoTime() - end > 0) {
        var log = Files.readString(directory.resolve("daemon.log"));
        close();
        throw new IOException("the daemon does not answer: " + log);
      }
      pause(5);
    }
  }

  private static boolean listens(Path socket) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  static void pause(long millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /**
   * Returns when the registry sent its last byte, after a time in which it has sent no more; {@code
   * since} if it has sent none since then.
   */
  long awaitQuiet(long since, Duration quiet) throws IOException {
    long last = since;
    long bytes = -1;
    while (System.nanoTime() - last < quiet.toNanos()) {
      long now = registry.counters().bodyBytes();
      if (now != bytes) {
        last = bytes < 0 ? since : System.nanoTime();
        bytes = now;
      }
      pause(POLL_MILLIS);
    }
    return last;
  }

  TestRegistry registry() {
    return registry;
  }

  /** Removes an image and everything that only it needs, and waits until that is done. */
  void removeImage(String reference) throws IOException {
    containerd.ctr("images", "rm", "--sync", reference).check();
  }

  String containerdSocket() {
    return containerd.socket().toString();
  }

  long containerdPid() {
    return ProcessHandle.current()
        .children()
        .filter(child -> child.info().command().orElse("").endsWith("/containerd"))
        .findFirst()
        .orElseThrow()
        .pid();
  }

  long daemonPid() {
    return daemon.pid();
  }

  /** Returns how long the daemon took from its start until it listened. */
  Duration ready() {
    return ready;
  }

  /**
   * Reads {@code none} or {@code MILLIS,MBIT}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static LinkProfile link(String text) {
    if (text.equals("none")) {
      return LinkProfile.UNLIMITED;
    }
    if (!text.matches("[0-9]{1,6},[0-9]{1,6}")) {
      throw new IllegalArgumentException("link \"" + text + "\" is neither none nor MS,MBIT");
    }
    var parts = List.of(text.split(",", -1));
    return LinkProfile.of(Long.parseLong(parts.getFirst()), Long.parseLong(parts.get(1)));
  }

  private void stopDaemon() throws IOException, InterruptedException {
    // SIGINT unmounts everything.
    new ProcessBuilder("kill", "-INT", Long.toString(daemon.pid())).start().waitFor();
    if (!daemon.waitFor(20, TimeUnit.SECONDS)) {
      daemon.destroyForcibly();
    }
  }

  private static void remove(Path directory) throws IOException, InterruptedException {
    MountTable.unmountBelow(directory);
    new ProcessBuilder("rm", "-rf", "--one-file-system", directory.toString()).start().waitFor();
  }

  @Override
  public void close() throws IOException {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        System.err.println("bench: " + e);
      }
    }
  }
}
