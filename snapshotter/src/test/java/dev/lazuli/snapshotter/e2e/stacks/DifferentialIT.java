package dev.lazuli.snapshotter.e2e.stacks;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.bridge.erofs.ErofsSupport;
import dev.lazuli.demo.containerd.Command;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.RootView;
import dev.lazuli.snapshotter.e2e.stacks.StackEntry.Attributes;
import dev.lazuli.snapshotter.e2e.stacks.StackImages.Group;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.TreeComparer;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Random stacks of layers, unpacked by containerd's overlayfs and mounted by us, by every way to
 * mount, in every format and without any: whatever programs can see must be the same.
 *
 * <p>{@code -Dlazuli.stacks.count} says how many, {@code -Dlazuli.stacks.seed} which is the first;
 * a stack that differed is seen alone with its own seed and a count of 1.
 */
final class DifferentialIT {
  private static final int COUNT = Integer.getInteger("lazuli.stacks.count", 200);

  /** The same stacks each time: a change is to answer for what it broke, and for nothing else. */
  private static final long SEED = Long.getLong("lazuli.stacks.seed", 2100);

  /** Where the time of a directory is that of the unpacking: containerd makes it by itself. */
  private static final Pattern UNPACKED =
      Pattern.compile("(?s).*: mtime: expected (\\d+)\\.\\d+, got .*");

  /** What a converted layer has for its readers alone, and containerd unpacks like any file. */
  private static final Pattern READERS_FILE =
      Pattern.compile("\\./(stargz\\.index\\.json|\\.(no\\.)?prefetch\\.landmark): .*");

  private static final Attributes PLAIN =
      new Attributes(0755, 0, 0, RandomAttributes.NEWEST, Map.of());

  @RegisterExtension
  static final ContainerdExtension BED =
      new ContainerdExtension(
          config -> {
            var lazy = requireNonNull(config.proxySnapshotters().get("lazuli"));
            return config
                .withSnapshotter(Way.EROFS_LOOP.snapshotter, lazy.resolveSibling("loop.sock"))
                .withSnapshotter(Way.FUSE_TREE.snapshotter, lazy.resolveSibling("tree.sock"));
          });

  /** A way to mount, with a daemon of its own. */
  enum Way {
    EROFS_LAZY("lazuli", "erofs-lazy"),
    EROFS_LOOP("loop", "erofs-loop"),
    FUSE_TREE("tree", "fuse-tree");

    final String snapshotter;
    final String setting;

    Way(String snapshotter, String setting) {
      this.snapshotter = snapshotter;
      this.setting = setting;
    }

    boolean isOffered(ErofsSupport support) {
      return switch (this) {
        case EROFS_LAZY -> support.file().available();
        case EROFS_LOOP -> support.loop().available();
        case FUSE_TREE -> true;
      };
    }
  }

  private static final Map<Way, DaemonProcess> DAEMONS = new EnumMap<>(Way.class);
  private static StackImages images;

  @BeforeAll
  static void start() throws IOException {
    System.out.println("seed of the first of " + COUNT + " stacks: " + SEED);
    var registry = BED.closeAtEnd(TestRegistry.start());
    images = new StackImages(BED.directory(), registry);
    var support = ErofsSupport.probe(BED.directory());
    for (var way : Way.values()) {
      if (way.isOffered(support)) {
        DAEMONS.put(way, daemon(way));
      }
    }
  }

  private static DaemonProcess daemon(Way way) throws IOException {
    var sockets = BED.containerd().config().proxySnapshotters();
    var socket = requireNonNull(sockets.get(way.snapshotter));
    var daemon =
        BED.closeAtEnd(
            DaemonProcess.start(
                BED.directory().resolve(way.snapshotter),
                socket,
                "mount.way=" + way.setting,
                "bulk.enabled=true",
                "fetch.background=false",
                "prefetch.enabled=false"));
    daemon.awaitKnownTo(BED.containerd(), way.snapshotter);
    return daemon;
  }

  @Test
  void stack_isWhatContainerdUnpacks() throws IOException {
    var differences = new ArrayList<String>();
    for (var group : StackImages.groups(SEED, COUNT)) {
      differences.addAll(differences(group));
    }

    assertThat(differences).as("differences of stacks from seed " + SEED).isEmpty();
    assertNobodyLied();
  }

  /** What was read to its end was proved meanwhile, and all of these images are honest. */
  private static void assertNobodyLied() throws IOException {
    long proved = 0;
    for (var daemon : DAEMONS.values()) {
      var log = daemon.log().lines().toList();
      assertThat(log).noneMatch(line -> line.contains("is not what its image says"));
      proved += log.stream().filter(line -> line.contains(": proved, its tar is ")).count();
    }
    System.out.println(proved + " layers proved");
    assertThat(proved).isPositive();
  }

  /** The image specification would have the old content hidden; containerd shows it too. */
  @Test
  void whiteoutBesideANewDirectoryOfItsName_hidesNothing() throws IOException {
    var lower = List.of(directory("d"), file("d/old"));
    var upper = List.of(StackEntry.whiteout("d", PLAIN), directory("d"), file("d/new"));

    assertThat(differencesOf("renewed", lower, upper)).isEmpty();
    assertThat(names("renewed", "d")).containsExactly("new", "old");
  }

  /** The image specification would have all content hidden; containerd shows it too. */
  @Test
  void opaqueMarkAtTheRoot_hidesNothing() throws IOException {
    var lower = List.of(directory("d"), file("d/old"));
    var upper = List.of(StackEntry.opaque("", PLAIN), directory("d"), file("d/new"));

    assertThat(differencesOf("root", lower, upper)).isEmpty();
    assertThat(names("root", "d")).containsExactly("new", "old");
  }

  @Test
  void whiteoutsInTheOnlyLayer_areNotShown_alsoWithoutAWritableLayer() throws IOException {
    var layer =
        List.of(
            StackEntry.whiteout("gone", PLAIN),
            directory("d"),
            StackEntry.whiteout("d/gone", PLAIN),
            file("d/f"));
    images.serve("only", List.of(layer));

    assertThat(differences("only")).isEmpty();
    for (var way : DAEMONS.keySet()) {
      ctrRemotePull(way.snapshotter, images.reference("estargz", "only"));
      assertThat(namesReadOnly(way, images.reference("estargz", "only")))
          .as(way.name())
          .containsExactly("d", "d/f");
    }
    removeAllImages();
  }

  private static List<String> namesReadOnly(Way way, String reference) throws IOException {
    return RootView.seeReadOnly(BED, way.snapshotter, reference, DifferentialIT::namesBelow);
  }

  private static List<String> namesBelow(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      return files.skip(1).map(file -> root.relativize(file).toString()).sorted().toList();
    }
  }

  @Test
  void newDirectoriesWithoutEntriesInSetgidOnes_haveTheirGroup() throws IOException {
    var shared = new Attributes(02775, 5, 7, RandomAttributes.NEWEST, Map.of());
    var lower = List.of(StackEntry.of(StackEntry.DIRECTORY, "below", "", shared));
    var upper =
        List.of(
            file("below/new/deep/f"),
            StackEntry.of(StackEntry.DIRECTORY, "here", "", shared),
            file("here/new/deep/f"));

    assertThat(differencesOf("setgid", lower, upper)).isEmpty();
  }

  @Test
  void directoryWhoseEntryComesLate_hasItsAttributes_andXattrsFromBelow() throws IOException {
    var below = with(0700, Map.of("user.a", new byte[] {1}, "user.b", new byte[] {2}));
    var late = with(01755, Map.of("user.b", new byte[] {3}, "user.c", new byte[] {4}));
    var lower = List.of(StackEntry.of(StackEntry.DIRECTORY, "d", "", below), file("d/old"));
    var upper = List.of(file("d/new"), StackEntry.of(StackEntry.DIRECTORY, "d", "", late));

    assertThat(differencesOf("late", lower, upper)).isEmpty();
  }

  private static Attributes with(int mode, Map<String, byte[]> xattrs) {
    return new Attributes(mode, 5, 7, RandomAttributes.NEWEST, xattrs);
  }

  private static StackEntry directory(String path) {
    return StackEntry.of(StackEntry.DIRECTORY, path, "", PLAIN);
  }

  private static StackEntry file(String path) {
    return StackEntry.of(StackEntry.FILE, path, "", PLAIN);
  }

  private static List<String> differencesOf(
      String tag, List<StackEntry> lower, List<StackEntry> upper) throws IOException {
    images.serve(tag, List.of(lower, upper));
    return differences(tag);
  }

  private static List<String> names(String tag, String directory) throws IOException {
    try {
      ctrRemotePull("lazuli", images.reference("estargz", tag));
      return RootView.see(
          BED,
          "lazuli",
          images.reference("estargz", tag),
          root -> List.of(sorted(root.resolve(directory))));
    } finally {
      removeAllImages();
    }
  }

  private static String[] sorted(Path directory) {
    var names = requireNonNull(directory.toFile().list());
    Arrays.sort(names);
    return names;
  }

  private static List<String> differences(Group group) throws IOException {
    images.serve(group);
    var differences = differences(group.tag());
    if (group.isConvertedByPeer()) {
      var peer = convertByPeer(group);
      compare(peer, List.of(peer), differences);
      removeAllImages();
    }
    return differences;
  }

  private static List<String> differences(String tag) throws IOException {
    var differences = new ArrayList<String>();
    var plain = images.reference("plain", tag);
    ctr("image", "pull", "--plain-http", plain);
    compare(
        plain,
        List.of(images.reference("estargz", tag), images.reference("zstd", tag), plain),
        differences);
    removeAllImages();
    return differences;
  }

  private static String convertByPeer(Group group) throws IOException {
    var plain = images.reference("plain", group.tag());
    var peer = images.reference("peer", group.tag());
    ctr("image", "pull", "--plain-http", plain);
    BED.containerd()
        .ctrRemote("image", "convert", group.peerMakesZstd() ? "--zstdchunked" : "--estargz")
        .with("--oci", plain, peer)
        .within(Node.LONG)
        .check();
    ctr("image", "push", "--plain-http", peer);
    ctr("image", "rm", "--sync", peer);
    ctr("image", "pull", "--plain-http", peer);
    return peer;
  }

  /** Compares what containerd unpacked of one image with other images, mounted in every way. */
  private static void compare(String unpacked, List<String> mounted, List<String> differences)
      throws IOException {
    var expected = see("overlayfs", unpacked, TreeComparer::of);
    for (var way : DAEMONS.keySet()) {
      for (var reference : mounted) {
        for (var line : differences(expected, way, reference)) {
          differences.add(way + " " + reference + " " + line);
        }
      }
    }
  }

  private static List<String> differences(TreeComparer expected, Way way, String reference)
      throws IOException {
    ctrRemotePull(way.snapshotter, reference);
    var log = requireNonNull(DAEMONS.get(way)).log();
    assertThat(log.lines().filter(line -> line.contains("remote-snapshot-prepared=false")))
        .as("layers of " + reference + " that were not mounted")
        .isEmpty();
    return see(way.snapshotter, reference, expected::differences).stream()
        .filter(line -> !isExpected(line))
        .toList();
  }

  private static void ctrRemotePull(String snapshotter, String reference) throws IOException {
    BED.containerd()
        .ctrRemote("image", "rpull", "--plain-http", "--snapshotter", snapshotter, reference)
        .within(Node.LONG)
        .check();
  }

  private static boolean isExpected(String line) {
    var unpacked = UNPACKED.matcher(line);
    return READERS_FILE.matcher(line).matches()
        || line.contains(": directory links: ")
        || (unpacked.matches()
            && Long.parseLong(unpacked.group(1)) > RandomAttributes.NEWEST.getEpochSecond());
  }

  private static <T> T see(String snapshotter, String reference, RootView.Look<T> look)
      throws IOException {
    return RootView.see(BED, snapshotter, reference, look);
  }

  private static void removeAllImages() throws IOException {
    var all = ctr("image", "ls", "--quiet").lines().toList();
    Command remove = BED.containerd().ctr("image", "rm", "--sync");
    for (var reference : all) {
      remove = remove.with(reference);
    }
    remove.within(Node.LONG).check();
  }

  private static String ctr(String... arguments) throws IOException {
    return BED.containerd().ctr(arguments).within(Node.LONG).check().output();
  }
}
