package dev.lazuli.snapshotter.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.DebianPackages;
import dev.lazuli.testimages.images.TreeComparer;
import dev.lazuli.testimages.waiting.Eventually;
import dev.lazuli.testimages.waiting.LiveDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The main job: a Python image, converted and pulled by the real {@code ctr-remote}, starts lazily
 * through our daemon, becomes local, and goes without a trace. The steps build on each other.
 */
@TestMethodOrder(OrderAnnotation.class)
final class LazyStartIT {
  private static final String LAZULI = "lazuli";
  private static final Duration LONG = Duration.ofMinutes(3);

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  @RegisterExtension static final Steps STEPS = new Steps();

  private static DaemonProcess daemon;
  private static String plain;
  private static String lazy;

  static boolean packagesCanBeHad() throws IOException {
    return DebianPackages.obstacle().isEmpty();
  }

  @BeforeAll
  static void pushAndConvert() throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var image = new ImageBuilder(layout);
    for (var layer :
        new DebianPackages(BED.directory().resolve("debs"))
            .layers(List.of("libc6"), List.of("dash", "coreutils"), List.of("python3-minimal"))) {
      image.layer(layer);
    }
    var _ = image.build("python");
    plain = BED.registry().push(layout, "python", "python:1");
    lazy = BED.registry().host() + "/python:esgz";
    ctr(LONG, "image", "pull", "--plain-http", plain);
    ctrRemote(
        LONG,
        "image",
        "convert",
        "--estargz",
        "--oci",
        "--estargz-compression-level=1",
        plain,
        lazy);
    ctr(LONG, "image", "push", "--plain-http", lazy);
    ctr(LONG, "image", "rm", "--sync", lazy);
    daemon = BED.closeAtEnd(startDaemon("fetch.background=false"));
    daemon.awaitKnownTo(BED.containerd());
  }

  private static DaemonProcess startDaemon(String... settings) throws IOException {
    return DaemonProcess.start(BED.directory().resolve("d"), BED.snapshotterSocket(), settings);
  }

  @Test
  @Order(1)
  void rpull_mountsEveryLayerLazily() throws IOException {
    ctrRemote(LONG, "image", "rpull", "--plain-http", "--snapshotter", LAZULI, lazy);

    assertThat(daemon.log()).doesNotContain("remote-snapshot-prepared=false");
    assertThat(occurrences(daemon.log(), "remote-snapshot-prepared=true")).isEqualTo(3);
    assertThat(mountedLayers()).hasSize(3).allMatch(path -> path.endsWith(".lazy"));
  }

  @Test
  @Order(2)
  void container_runsAfterAFractionOfTheImageHasCome() throws IOException {
    assertThat(python("lazy-1", "print(6 * 7)")).isEqualTo("42");

    assertThat(LiveDirectory.diskBytes(layers()))
        .isLessThan(LiveDirectory.diskBytes(layers(), "--apparent-size") / 4);
  }

  @Test
  @Order(3)
  void rootFileSystem_isThatOfOverlayfs() throws IOException {
    ctr(LONG, "image", "pull", "--plain-http", lazy);
    try (var expected = view("overlayfs");
        var actual = view(LAZULI)) {
      var differences = TreeComparer.compare(expected.directory(), actual.directory());

      // An unpacked eStargz layer shows its own index and landmark; and no layer says anything of
      // the root directory, whose time is then that of the unpacking.
      assertThat(differences)
          .filteredOn(
              difference ->
                  !difference.contains("stargz.index.json")
                      && !difference.contains(".prefetch.landmark")
                      && !difference.startsWith(".: mtime"))
          .isEmpty();
    }
  }

  @Test
  @Order(4)
  void restartedDaemon_servesItsSnapshotsAndFetchesTheRest() throws IOException {
    daemon.close();
    assertThat(MountTable.below(daemon.root())).isEmpty();

    daemon = BED.closeAtEnd(startDaemon("fetch.background_delay=10ms"));
    daemon.awaitKnownTo(BED.containerd());

    assertThat(python("lazy-2", "print('restarted')")).isEqualTo("restarted");
    awaitLocal();
  }

  @Test
  @Order(5)
  void completeLayers_needNoRegistry() throws IOException {
    BED.registry().stop();

    assertThat(
            python("lazy-3", "import os; print(open('/proc/mounts').readline().count('.local'))"))
        .isEqualTo("3");
  }

  @Test
  @Order(6)
  void removedImage_leavesNothing() throws IOException {
    ctr(LONG, "image", "rm", "--sync", lazy);

    assertThat(MountTable.below(daemon.root())).isEmpty();
    assertThat(directories(daemon.root().resolve("snapshots"))).isEmpty();
    assertThat(LiveDirectory.files(layers())).isEmpty();
  }

  private static String python(String container, String program) throws IOException {
    return ctr(
            LONG, "run", "--rm", "--snapshotter", LAZULI, lazy, container, "python3", "-c", program)
        .strip();
  }

  private static String ctr(Duration timeout, String... arguments) throws IOException {
    return BED.containerd().ctr(arguments).within(timeout).check().output();
  }

  private static void ctrRemote(Duration timeout, String... arguments) throws IOException {
    BED.containerd().ctrRemote(arguments).within(timeout).check();
  }

  /** A read-only view of the image's root file system, mounted. */
  private record View(String snapshotter, String key, Path directory) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      MountTable.unmountBelow(directory);
      ctr(LONG, "snapshots", "--snapshotter", snapshotter, "rm", key);
    }
  }

  private static View view(String snapshotter) throws IOException {
    var key = "view-" + snapshotter;
    var directory = Files.createDirectories(BED.directory().resolve(key));
    keepView(snapshotter, key, topChainId());
    var command =
        ctr(LONG, "snapshots", "--snapshotter", snapshotter, "mounts", directory.toString(), key);
    Command.of("sh", "-c", command).check();
    return new View(snapshotter, key, directory);
  }

  /** Nothing refers to a new view: containerd may collect it before we can tell it not to. */
  private static void keepView(String snapshotter, String key, String chainId) throws IOException {
    var snapshots = BED.containerd().ctr("snapshots", "--snapshotter", snapshotter);
    var keep = snapshots.with("label", key, "containerd.io/gc.root=test");
    do {
      snapshots.with("view", key, chainId).check();
    } while (keep.run().exitStatus() != 0);
  }

  /** Returns the one chain ID that is no other snapshot's parent. */
  private static String topChainId() throws IOException {
    var names = new ArrayList<String>();
    var parents = new ArrayList<String>();
    for (var line :
        ctr(LONG, "snapshots", "--snapshotter", LAZULI, "ls").lines().skip(1).toList()) {
      var words = line.strip().split("\\s+", -1);
      if (words[words.length - 1].equals("Committed")) {
        names.add(words[0]);
        if (words.length == 3) {
          parents.add(words[1]);
        }
      }
    }
    names.removeAll(parents);
    assertThat(names).hasSize(1);
    return names.getFirst();
  }

  private static List<String> mountedLayers() throws IOException {
    return MountTable.below(daemon.root().resolve("mounts")).stream().map(Path::toString).toList();
  }

  private static void awaitLocal() throws IOException {
    Eventually.until(
        LONG,
        () -> mountedLayers().stream().filter(path -> path.endsWith(".local")).count() == 3,
        daemon::log);
  }

  private static long occurrences(String text, String part) {
    return text.lines().filter(line -> line.contains(part)).count();
  }

  private static List<Path> directories(Path parent) throws IOException {
    try (var children = Files.list(parent)) {
      return children.toList();
    }
  }

  private static Path layers() {
    return daemon.root().resolve("layers");
  }
}
