package dev.lazuli.snapshotter.node;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Kills daemons one after the other, at any moment of their starts and lives, under readers that
 * know what they must read. A reader mounts a layer, reads all of its files, removes it and begins
 * again, so that there is always something to fetch, to index and to remove.
 */
final class Kills implements AutoCloseable {
  private static final int FILES = 10;
  private static final int FILE_BYTES = 300_000;
  private static final int MOST_MILLIS_OF_LIFE = 350;
  private static final int MOST_MILLIS_OF_START = 500;
  private static final Duration LONG = Duration.ofMinutes(2);

  /** Starts a daemon with these arguments. */
  interface Launch {
    Process start(List<String> settings, Path log) throws IOException;
  }

  private final Path directory;
  private final Launch launch;
  private final Random random;
  private final KillsResult result = new KillsResult();
  private final List<KillsReader> readers = new ArrayList<>();
  private final TestRegistry registry;
  private Process daemon;

  /**
   * Starts a daemon and its readers.
   *
   * @param directory for all files, without mounts of others
   */
  Kills(Path directory, int readerCount, Launch launch, long seed) throws Exception {
    this.directory = directory;
    this.launch = launch;
    this.random = new Random(seed);
    registry = TestRegistry.start();
    registry.setLink(LinkProfile.of(2, 200));
    var layout = OciLayout.at(directory.resolve("layout"));
    var image = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
    for (int i = 0; i < readerCount; i++) {
      image.layer(tree(i));
    }
    var _ = image.build("1");
    registry.serve("kills", layout);
    daemon = start();
    awaitServing();
    for (int i = 0; i < readerCount; i++) {
      readers.add(reader(i, image.layers().get(i)));
    }
    readers.forEach(KillsReader::start);
  }

  private static GeneratedContent content(int layer, int file) {
    return new GeneratedContent(FILE_BYTES, 1000L * layer + file, GeneratedContent.NOISE);
  }

  private static ImageTree tree(int layer) {
    var tree = new ImageTree();
    for (int file = 0; file < FILES; file++) {
      tree.file("f" + file, content(layer, file));
    }
    return tree;
  }

  private KillsReader reader(int layer, LayoutLayer built) throws IOException {
    var expected = new ArrayList<String>();
    for (int file = 0; file < FILES; file++) {
      try (var in = content(layer, file).open()) {
        expected.add(KillsReader.sha256(in.readAllBytes()));
      }
    }
    return new KillsReader(
        new SnapshotCalls(socket()),
        built.diffId(),
        registry.host() + "/kills:1",
        built.descriptor(),
        expected,
        /* mapped= */ layer % 2 == 1,
        result);
  }

  private Path socket() {
    return directory.resolve("s");
  }

  private Process start() throws IOException {
    return launch.start(
        List.of(
            "root=" + directory.resolve("root"),
            "state=" + directory.resolve("run"),
            "address=" + socket(),
            "fetch.background_delay=100ms",
            "registry.plain_http=" + registry.host()),
        directory.resolve("daemon.log"));
  }

  /** Waits until the daemon answers; a socket of its predecessor does not count. */
  private void awaitServing() throws IOException {
    Eventually.until(LONG, () -> !daemon.isAlive() || NodeProcess.listens(socket()), this::log);
    if (!daemon.isAlive()) {
      throw new IOException("the daemon does not start: " + log());
    }
  }

  private String log() throws IOException {
    return Files.readString(directory.resolve("daemon.log"));
  }

  /**
   * Kills one daemon and starts the next: half of them before they serve, most likely. It waits for
   * time, because a kill is to come at any moment.
   */
  void round(boolean whileItStarts) throws IOException, InterruptedException {
    if (whileItStarts) {
      Thread.sleep(random.nextInt(MOST_MILLIS_OF_START));
    } else {
      awaitServing();
      Thread.sleep(random.nextInt(MOST_MILLIS_OF_LIFE));
    }
    daemon.destroyForcibly().waitFor();
    result.killed();
    daemon = start();
  }

  /** Lets the readers end, stops the last daemon by SIGINT and returns what was counted. */
  KillsResult end() throws IOException, InterruptedException {
    awaitServing();
    for (var reader : readers) {
      reader.end();
    }
    Command.of("kill", "-s", "INT", Long.toString(daemon.pid())).check();
    if (!daemon.waitFor(LONG.toSeconds(), TimeUnit.SECONDS)) {
      result.leftOver("the daemon itself: " + log());
    }
    MountTable.below(directory).forEach(mount -> result.leftOver("mount " + mount));
    for (var place : List.of("run/keeper", "s", "run/status.sock")) {
      if (Files.exists(directory.resolve(place))) {
        result.leftOver(place);
      }
    }
    for (var place : List.of("root/snapshots", "root/mounts", "root/tmp")) {
      try (Stream<Path> left = Files.list(directory.resolve(place))) {
        left.forEach(path -> result.leftOver(path.toString()));
      }
    }
    return result;
  }

  @Override
  public void close() throws IOException {
    daemon.destroyForcibly().onExit().join();
    var record = directory.resolve("run/keeper");
    if (Files.exists(record)) {
      long pid = Long.parseLong(Files.readString(record).split(" ", 2)[0]);
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
    MountTable.unmountBelow(directory);
    registry.close();
  }
}
