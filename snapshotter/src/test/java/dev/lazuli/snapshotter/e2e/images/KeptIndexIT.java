package dev.lazuli.snapshotter.e2e.images;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.RootView;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.TreeComparer;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Images that nobody has converted: pulled whole once, and lazily from then on. */
final class KeptIndexIT {
  private static final String[] SETTINGS = {
    "fetch.background=false", "prefetch.enabled=false", "fetch.read_deadline=5s"
  };

  private static final int LAYERS = 2;
  private static final int FILES = 40;

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  /** How an image's layers are packed. */
  enum Kind {
    GZIP,
    MANY_GZIP_MEMBERS,
    UNCOMPRESSED
  }

  private static TestRegistry registry;
  private static OciLayout layout;
  private static Node node;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    layout = OciLayout.at(BED.directory().resolve("layout"));
    for (var kind : Kind.values()) {
      var image = new ImageBuilder(layout);
      image.layer(layer(kind, programs()));
      image.layer(layer(kind, content(kind)));
      image.build(tag(kind));
    }
    registry.serve("kept", layout);
    node = Node.start(BED, SETTINGS);
  }

  private static ImageTree programs() throws IOException {
    return new HostFiles().program(Path.of("/bin/sh")).program(Path.of("/bin/cat")).tree();
  }

  private static ImageTree content(Kind kind) throws IOException {
    var tree = new ImageTree().directory("data").file("greeting", "good evening\n");
    for (int i = 0; i < FILES; i++) {
      long seed = (long) FILES * kind.name().hashCode() + i;
      tree.file("data/f" + i, FileContent.generated(700_000, seed).compressible(2));
    }
    return tree.symlink("data/link", "f0").hardLink("data/twin", "data/f1").file("last", "end\n");
  }

  private static LayoutLayer layer(Kind kind, ImageTree tree) throws IOException {
    return switch (kind) {
      case GZIP -> layout.addLayer(tree, LayerEncoding.GZIP);
      case UNCOMPRESSED -> layout.addLayer(tree, LayerEncoding.PLAIN);
      case MANY_GZIP_MEMBERS -> members(tree);
    };
  }

  private static LayoutLayer members(ImageTree tree) throws IOException {
    var plain = layout.addLayer(tree, LayerEncoding.PLAIN);
    var tar = Files.readAllBytes(layout.blob(plain.descriptor().digest()));
    var blob = new ByteArrayOutputStream();
    int size = 300_000;
    for (int at = 0; at < tar.length; at += size) {
      try (var member = new GZIPOutputStream(blob)) {
        member.write(tar, at, Math.min(size, tar.length - at));
      }
    }
    var type = "application/vnd.oci.image.layer.v1.tar+gzip";
    return new LayoutLayer(layout.addBlob(type, blob.toByteArray()), plain.diffId(), tar.length);
  }

  private static String tag(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static String reference(Kind kind) {
    return registry.reference("kept", tag(kind));
  }

  @AfterEach
  void allGoesAgain() throws IOException {
    registry.faults().clear();
    forgetImages();
    for (var index : indexes()) {
      Files.delete(index);
    }
    node.restartDaemon(SETTINGS);
  }

  private static void forgetImages() throws IOException {
    node.removeAllImages();
    node.awaitNothingLeft();
  }

  private static List<Path> indexes() throws IOException {
    try (Stream<Path> files = Files.list(node.daemon().root().resolve("indexes/sha256"))) {
      return files.toList();
    }
  }

  private static boolean isWhole(Path index) {
    return !index.toString().endsWith(".new");
  }

  /** Pulls an image for the first time, waits for its indexes, and removes it. */
  private static void pullOnce(Kind kind) throws IOException {
    node.rpull(reference(kind)).check();
    assertThat(node.localLayers()).isEqualTo(LAYERS);
    node.await(
        "indexes are kept",
        () -> indexes().stream().filter(KeptIndexIT::isWhole).count() == LAYERS);
    forgetImages();
  }

  private static void assertLazy() throws IOException {
    assertThat(node.mountedLayers()).hasSize(LAYERS);
    assertThat(node.localLayers()).isZero();
  }

  private static long bytesSent(Kind kind) throws IOException {
    long bytes = 0;
    for (var blob : layout.layers(requireNonNull(layout.images().get(tag(kind))))) {
      bytes += registry.counters().blob(blob.digest()).bodyBytes();
    }
    return bytes;
  }

  private static long bytesIn(Kind kind) throws IOException {
    long bytes = 0;
    for (var blob : layout.layers(requireNonNull(layout.images().get(tag(kind))))) {
      bytes += blob.size();
    }
    return bytes;
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void secondPull_isLazy_movesLittle_andShowsTheSameFiles(Kind kind) throws IOException {
    pullOnce(kind);
    registry.resetCounters();

    node.rpull(reference(kind)).check();

    assertLazy();
    assertThat(bytesSent(kind)).isZero();
    assertThat(node.shell(reference(kind), "lazy", "cat /greeting /last"))
        .isEqualTo("good evening\nend");
    assertThat(bytesSent(kind)).isBetween(1L, bytesIn(kind) / 2);
    node.ctr("image", "pull", "--plain-http", reference(kind));
    var expected = RootView.see(BED, "overlayfs", reference(kind), TreeComparer::of);
    var differences = RootView.see(BED, "lazuli", reference(kind), expected::differences);
    // The root of a new container is as old as the container.
    assertThat(differences).filteredOn(line -> !line.startsWith(".: mtime: ")).isEmpty();
  }

  @Test
  void ctrRemote_alsoGetsTheImageLazily_afterTheDaemonWasKilled() throws IOException {
    pullOnce(Kind.GZIP);
    node.daemon().kill();
    node.daemon().unmountAll();
    node.startDaemon(SETTINGS);

    node.ctrRemotePull(reference(Kind.GZIP)).check();
    assertLazy();
    node.daemon().kill();
    node.daemon().unmountAll();
    node.startDaemon(SETTINGS);

    assertThat(node.shell(reference(Kind.GZIP), "killed", "cat /greeting /data/f30 | cat /last"))
        .isEqualTo("end");
    // The programs may be here whole by now.
    assertThat(node.localLayers()).isLessThan(LAYERS);
  }

  @Test
  void indexThatIsDamaged_isDropped_andTheLayerIsPulledWholeAgain() throws IOException {
    pullOnce(Kind.GZIP);
    for (var index : indexes()) {
      var bytes = Files.readAllBytes(index);
      bytes[bytes.length / 2]++;
      Files.write(index, bytes);
    }

    node.rpull(reference(Kind.GZIP)).check();

    assertThat(node.localLayers()).isEqualTo(LAYERS);
    assertThat(node.logged("its checksum differs; removing it")).isEqualTo(LAYERS);
    assertThat(node.shell(reference(Kind.GZIP), "again", "cat /greeting"))
        .isEqualTo("good evening");
  }

  @Test
  void wrongBytesOfTheRegistry_areNeverRead_andOnceTheyAreRightTheFileIs() throws IOException {
    pullOnce(Kind.GZIP);
    node.rpull(reference(Kind.GZIP)).check();
    assertThat(node.shell(reference(Kind.GZIP), "before", "cat /greeting"))
        .isEqualTo("good evening");
    var big = layout.layers(requireNonNull(layout.images().get(tag(Kind.GZIP)))).get(1);
    registry
        .faults()
        .always(
            RegistryRequest.anyBlob(),
            new Fault.WrongBytes(big.size() / 4, big.size() - big.size() / 4));

    var refused = node.container(reference(Kind.GZIP), "wrong", "/bin/cat", "/data/f39").run();

    assertThat(refused.exitStatus()).isNotZero();
    registry.faults().clear();
    assertThat(node.shell(reference(Kind.GZIP), "right", "cat /data/f39 >/dev/null && cat /last"))
        .isEqualTo("end");
  }

  @Test
  void imageThatIsNotInTheRegistryAnyMore_isNotMountedByItsIndex() throws IOException {
    pullOnce(Kind.GZIP);
    registry.faults().always(RegistryRequest.anyBlob(), Fault.status(404));

    var pull = node.rpull(reference(Kind.GZIP)).run();

    assertThat(pull.exitStatus()).isNotZero();
    assertThat(node.mountedLayers()).isEmpty();
  }
}
