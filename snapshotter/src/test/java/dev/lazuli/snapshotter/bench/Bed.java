package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.Leftovers;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.testimages.CleanUp;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A private containerd, a registry behind a link of adjustable speed, and a daemon of ours that can
 * be replaced by a fresh one.
 */
final class Bed implements AutoCloseable {
  private static final long POLL_MILLIS = 20;

  private final CleanUp cleanUp;
  private final Path directory;
  private final String launcher;
  private final List<String> settings;
  private final TestRegistry registry;
  private final PrivateContainerd containerd;
  private BenchDaemon daemon;

  private Bed(CleanUp cleanUp, String launcher, List<String> settings, Map<String, Path> others)
      throws IOException {
    this.cleanUp = cleanUp;
    this.launcher = launcher;
    this.settings = List.copyOf(settings);
    directory = cleanUp.directory("lzb");
    registry = cleanUp.open(() -> TestRegistry.start());
    var config = containerdConfig(others);
    containerd = cleanUp.open(() -> PrivateContainerd.start(directory.resolve("c"), config));
    daemon = cleanUp.open(() -> launch(settings));
    AutoCloseable _ = cleanUp.open(() -> () -> daemon.close()); // whichever it is then
  }

  private ContainerdConfig containerdConfig(Map<String, Path> others) {
    var config = ContainerdConfig.lazuliAt(socket());
    for (var other : others.entrySet()) {
      config = config.withSnapshotter(other.getKey(), other.getValue());
    }
    return config;
  }

  /** Starts all of it; on failure nothing is left. */
  static Bed start(String launcher, List<String> settings, Map<String, Path> others)
      throws IOException {
    var cleanUp = new CleanUp();
    try {
      return new Bed(cleanUp, launcher, settings, others);
    } catch (IOException e) {
      try (cleanUp) {
        throw e;
      }
    }
  }

  /** Puts a daemon that has nothing and has done nothing in place of the one that runs. */
  void freshDaemon() throws IOException {
    freshDaemon(List.of());
  }

  /** The same with more settings, which come last and so count. */
  void freshDaemon(List<String> more) throws IOException {
    var all = new ArrayList<>(settings);
    all.addAll(more);
    cleanUp.change(
        () -> {
          daemon.close();
          remove(directory.resolve("root"));
          remove(directory.resolve("run"));
          daemon = launch(all);
        });
  }

  private BenchDaemon launch(List<String> all) throws IOException {
    var started = BenchDaemon.start(directory, launcher, all, socket());
    started.await(() -> probe("prepare"));
    started.await(() -> probe("rm"));
    return started;
  }

  private Path socket() {
    return directory.resolve("lazuli.sock");
  }

  private boolean probe(String action) throws IOException {
    return containerd
            .ctr("snapshots", "--snapshotter", "lazuli", action, "probe")
            .run()
            .exitStatus()
        == 0;
  }

  /** Lets time pass, as between the pulls of a node; what is measured does not run meanwhile. */
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
    var _ = containerd.ctr("images", "rm", "--sync", reference).check();
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
    return daemon.ready();
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

  /** Returns how tables name a link. */
  static String linkTitle(String text) {
    return text.equals("none") ? "no limit" : text.replace(",", " ms, ") + " Mbit/s";
  }

  private static void remove(Path directory) throws IOException {
    MountTable.unmountBelow(directory);
    Leftovers.delete(directory);
  }

  @Override
  public void close() throws IOException {
    cleanUp.close();
  }
}
