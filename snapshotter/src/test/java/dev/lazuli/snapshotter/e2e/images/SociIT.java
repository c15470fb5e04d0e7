package dev.lazuli.snapshotter.e2e.images;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.RootView;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.TreeComparer;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.node.ObjectNode;

/** Images that nobody has converted, but of which Debian's {@code soci} has made an index. */
final class SociIT {
  /** So that no test finds what another has left. */
  private static final String NOTHING_KEPT = "bulk.index_quota=0";

  private static final String[] LAZY = {
    "fetch.background=false", "prefetch.enabled=false", "indexes.referrers=true", NOTHING_KEPT
  };
  private static final String[] COMPLETING = {"fetch.background_delay=100ms", NOTHING_KEPT};

  private static final int LAYERS = 2;
  private static final int FILES = 40;
  private static final long SPAN_BYTES = 4 << 20;
  private static final int ROW_BYTES = 17 + (32 << 10);

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  /** Who says where the index is. */
  enum Named {
    BY_REFERRER,
    BY_THE_IMAGE
  }

  private static TestRegistry registry;
  private static OciLayout layout;
  private static SociTool soci;
  private static Node node;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    layout = OciLayout.at(BED.directory().resolve("layout"));
    soci = new SociTool(BED, registry.host() + "/soci");
    var image = new ImageBuilder(layout).encoding(LayerEncoding.GZIP);
    image.layer(new HostFiles().program(Path.of("/bin/sh")).program(Path.of("/bin/cat")).tree());
    image.layer(content());
    var manifest = image.build(tag(Named.BY_REFERRER)).digest();
    registry.serve("soci", layout);
    soci.index(reference(Named.BY_REFERRER));
    var index = soci.indexOf(manifest);
    var document = Files.readAllBytes(layout.blob(manifest));
    soci.pushIndexed(tag(Named.BY_THE_IMAGE), document, index);
    soci.pushIndexed("lying", document, withOtherWindows(index));
    node = Node.start(BED, LAZY);
    node.removeAllImages();
  }

  private static ImageTree content() throws IOException {
    var tree = new ImageTree().directory("data").file("greeting", "good evening\n");
    for (int i = 0; i < FILES; i++) {
      tree.file("data/f" + i, FileContent.generated(700_000, i).compressible(2));
    }
    return tree.symlink("data/link", "f0")
        .hardLink("data/twin", "data/f1")
        .file("data/empty", "")
        .characterDevice("data/null", 1, 3)
        .file("last", "end\n");
  }

  /** Returns an index whose second layer goes on from what does not come before its spans. */
  private static ObjectNode withOtherWindows(ObjectNode index) throws IOException {
    var lying = index.deepCopy();
    var layer = (ObjectNode) lying.at("/layers/1");
    var ztoc = soci.blob(layer.path("digest").asString());
    var bytes = ByteBuffer.wrap(ztoc).order(ByteOrder.LITTLE_ENDIAN);
    int at = 4;
    while (bytes.getLong(at) != SPAN_BYTES || bytes.getInt(at - 4) > 100) {
      at++;
    }
    int spans = bytes.getInt(at - 4);
    assertThat(spans).isGreaterThan(2);
    for (int row = 0; row < spans - 1; row++) {
      int window = at + Long.BYTES + row * ROW_BYTES + 17;
      for (int i = 0; i < 32 << 10; i++) {
        ztoc[window + i] ^= 1;
      }
    }
    layer.put("digest", soci.push(ztoc));
    return lying;
  }

  private static String tag(Named named) {
    return named.name().toLowerCase(Locale.ROOT);
  }

  private static String reference(Named named) {
    return registry.reference("soci", tag(named));
  }

  @AfterEach
  void allGoesAgain() throws IOException {
    node.removeAllImages();
    node.awaitNothingLeft();
    node.restartDaemon(LAZY);
  }

  private static long bytesSent() throws IOException {
    long bytes = 0;
    for (var blob : layers()) {
      bytes += registry.counters().blob(blob).bodyBytes();
    }
    return bytes;
  }

  private static List<String> layers() throws IOException {
    var manifest = requireNonNull(layout.images().get(tag(Named.BY_REFERRER)));
    return layout.layers(manifest).stream().map(layer -> layer.digest()).toList();
  }

  private static long bytesIn() throws IOException {
    long bytes = 0;
    for (var blob : layers()) {
      bytes += Files.size(layout.blob(blob));
    }
    return bytes;
  }

  private static List<ProofState> proofs() throws IOException {
    return node.daemon().status().layers().stream().map(LayerStatus::proof).toList();
  }

  @ParameterizedTest
  @EnumSource(Named.class)
  void firstPull_isLazy_movesLittle_andShowsTheSameFiles(Named named) throws IOException {
    registry.resetCounters();

    node.rpull(reference(named)).check();

    assertThat(node.mountedLayers()).hasSize(LAYERS);
    assertThat(node.localLayers()).isZero();
    assertThat(bytesSent()).isZero();
    assertThat(node.shell(reference(named), "lazy", "cat /greeting /last"))
        .isEqualTo("good evening\nend");
    assertThat(bytesSent()).isBetween(1L, bytesIn() / 2);
    node.ctr("image", "pull", "--plain-http", reference(named));
    var expected = RootView.see(BED, "overlayfs", reference(named), TreeComparer::of);
    var differences = RootView.see(BED, "lazuli", reference(named), expected::differences);
    // The root of a new container is as old as the container.
    assertThat(differences).filteredOn(line -> !line.startsWith(".: mtime: ")).isEmpty();
  }

  @Test
  void inTheBackground_theImageComesOnce_andIsProved() throws IOException {
    node.restartDaemon(COMPLETING);
    registry.resetCounters();
    var reference = reference(Named.BY_THE_IMAGE);

    node.rpull(reference).check();

    assertThat(node.shell(reference, "first", "cat /greeting")).isEqualTo("good evening");
    node.await("all is here and proved", () -> node.localLayers() == LAYERS);
    assertThat(proofs()).containsOnly(ProofState.PROVED).hasSize(LAYERS);
    // Each span that a reader had fetched comes once more with the blob that is proved.
    assertThat(bytesSent()).isBetween(bytesIn(), 2 * bytesIn());
    var sums = "cat /data/f39 | cat /data/f20 /data/f3 >/dev/null && cat /last";
    assertThat(node.shell(reference, "local", sums)).isEqualTo("end");
  }

  @Test
  void daemonThatIsKilled_findsTheLayersAgain_withWhatHadCome() throws IOException {
    var reference = reference(Named.BY_THE_IMAGE);
    node.rpull(reference).check();
    assertThat(node.shell(reference, "first", "cat /greeting")).isEqualTo("good evening");
    node.daemon().kill();
    node.daemon().unmountAll();
    registry.resetCounters();

    node.startDaemon(LAZY);

    assertThat(node.shell(reference, "again", "cat /greeting")).isEqualTo("good evening");
    // What was on its way ahead of readers may come again.
    assertThat(bytesSent()).isLessThan(bytesIn() / 2);
    assertThat(node.shell(reference, "more", "cat /data/f39 >/dev/null && cat /last"))
        .isEqualTo("end");
  }

  @Test
  void indexThatLies_isFoundOut_andTheImageIsPulledWhole() throws IOException {
    var reference = registry.reference("soci", "lying");
    node.rpull(reference).check();
    // What has not been read by the index comes as it is when the blob is proved.
    assertThat(node.shell(reference, "wrong", "cat /data/f* | cat >/dev/null; cat /last"))
        .isNotEmpty();
    node.restartDaemon(COMPLETING);
    // Status may show it for a moment only: containerd removes a snapshot that has lost its name.
    node.await(
        "the lie is known", () -> node.daemon().log().contains("is not what its image says"));
    node.removeAllImages();
    node.awaitNothingLeft();

    node.rpull(reference).check();

    assertThat(node.localLayers()).isGreaterThanOrEqualTo(1);
    node.ctr("image", "pull", "--plain-http", reference);
    var expected = RootView.see(BED, "overlayfs", reference, TreeComparer::of);
    var differences = RootView.see(BED, "lazuli", reference, expected::differences);
    assertThat(differences).filteredOn(line -> !line.startsWith(".: mtime: ")).isEmpty();
  }

  @Test
  void indexesThatTheImageDoesNotName_areNotLookedForUnlessAsked() throws IOException {
    node.restartDaemon(NOTHING_KEPT);
    registry.resetCounters();

    node.rpull(reference(Named.BY_REFERRER)).check();

    assertThat(node.localLayers()).isEqualTo(LAYERS);
  }
}
