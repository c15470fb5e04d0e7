package dev.lazuli.snapshotter.e2e.images;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.RootView;
import dev.lazuli.snapshotter.e2e.images.UnconvertedImages.Kind;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.snapshotter.status.StatusClient;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.TreeComparer;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Images that nobody has converted, pulled whole by the daemon for real containerd's clients. */
final class BulkIT {
  private static final String[] PULLED_WHOLE = {"bulk.enabled=true", "bulk.index_quota=0"};

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static OciLayout layout;
  private static Node node;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    layout = OciLayout.at(BED.directory().resolve("layout"));
    UnconvertedImages.build(layout);
    registry.serve("bulk", layout);
    node = Node.start(BED, PULLED_WHOLE);
  }

  private static String reference(Kind kind) {
    return registry.reference("bulk", kind.tag());
  }

  @AfterEach
  void allGoesAgain() throws IOException {
    registry.faults().clear();
    registry.setLink(LinkProfile.UNLIMITED);
    registry.dropConnections();
    node.removeAllImages();
    node.awaitNothingLeft();
    assertThat(halfMade()).isEmpty();
  }

  private static List<Path> halfMade() throws IOException {
    try (Stream<Path> left = Files.list(node.daemon().root().resolve("tmp"))) {
      return left.toList();
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void image_isWhatContainerdUnpacks_throughBothClients_withNoLayerInItsStore(Kind kind)
      throws IOException {
    var reference = reference(kind);
    var blobs = layout.layers(requireNonNull(layout.images().get(kind.tag())));

    node.ctrRemotePull(reference).check();

    assertWhole(kind);
    var stored = node.ctr("content", "ls", "--quiet").lines().toList();
    assertThat(stored).doesNotContainAnyElementsOf(digests(blobs));
    node.removeAllImages();
    node.awaitNothingLeft();

    assertThat(node.rpull(reference).check().output())
        .contains("%d of %d layers mounted".formatted(kind.layers, kind.layers));

    assertWhole(kind);
    node.ctr("image", "pull", "--plain-http", reference);
    var expected = RootView.see(BED, "overlayfs", reference, TreeComparer::of);
    var differences = RootView.see(BED, "lazuli", reference, expected::differences);
    // The root of a new container is as old as the container.
    assertThat(differences).filteredOn(line -> !line.startsWith(".: mtime: ")).isEmpty();
  }

  private static List<String> digests(List<BlobDescriptor> blobs) {
    return blobs.stream().map(BlobDescriptor::digest).toList();
  }

  private static void assertWhole(Kind kind) throws IOException {
    assertThat(node.mountedLayers()).hasSize(kind.layers);
    assertThat(node.localLayers()).isEqualTo(kind.layers);
    assertThat(node.shell(reference(kind), kind.tag(), "cat /greeting")).isEqualTo("good evening");
    assertThat(status().layers()).allMatch(layer -> layer.proof() == ProofState.PROVED);
  }

  private static NodeStatus status() throws IOException {
    return new StatusClient(node.daemon().state().resolve("status.sock")).status();
  }

  @Test
  void layersOfAnImageNamedByItsTag_areOnTheirWayTogether() throws IOException {
    registry.setLink(LinkProfile.of(1, 4));
    var reference = reference(Kind.THREE_LAYERS);
    var pull = CompletableFuture.supplyAsync(() -> run(node.ctrRemotePull(reference)));

    node.await("two layers are on their way", () -> pullsUnderWay() >= 2);

    registry.setLink(LinkProfile.UNLIMITED);
    assertThat(pull.join().exitStatus()).as(pull.join().errors()).isZero();
  }

  private static long pullsUnderWay() throws IOException {
    return status().layers().stream()
        .filter(layer -> layer.fetch() == FetchState.PULL && layer.presentBytes() > 0)
        .count();
  }

  @Test
  void registryThatDiesHalfWayForTheDaemon_leavesTheImageToContainerd() throws IOException {
    registry.faults().always(RegistryRequest.anyBlob().and(BulkIT::isLateRange), Fault.status(404));

    long ordinary = node.logged("remote-snapshot-prepared=false");

    node.ctrRemotePull(reference(Kind.THREE_LAYERS)).check();

    assertThat(node.localLayers()).isLessThan(3);
    assertThat(node.logged("remote-snapshot-prepared=false")).isGreaterThan(ordinary);
    assertThat(node.shell(reference(Kind.THREE_LAYERS), "unpacked", "cat /greeting"))
        .isEqualTo("good evening");
  }

  /** The daemon asks for ranges, containerd for whole blobs. */
  private static boolean isLateRange(RegistryRequest request) {
    return request.range().filter(range -> !range.matches("bytes=[0-9]{1,6}-.*")).isPresent();
  }

  @Test
  void wrongBytes_areNeverMounted() throws IOException {
    var blobs = layout.layers(requireNonNull(layout.images().get(Kind.UNCOMPRESSED.tag())));
    var big = blobs.get(1);
    registry
        .faults()
        .always(
            RegistryRequest.anyBlob().and(request -> request.range().isPresent()),
            new Fault.WrongBytes(big.size() / 2, 1));

    long wrong = node.logged("was sent as");

    node.ctrRemotePull(reference(Kind.UNCOMPRESSED)).check();

    assertThat(node.logged("was sent as")).isGreaterThan(wrong);
    assertThat(node.shell(reference(Kind.UNCOMPRESSED), "right", "cat /data/big")).isNotEmpty();
  }

  @Test
  void layerThatIsNotWhatItsImageSays_isNotMounted_andContainerdRefusesItToo() throws IOException {
    var good = layout.addLayer(new ImageTree().file("a", "a"), LayerEncoding.GZIP);
    var wrong = Digest.sha256(new byte[] {1}).toString();
    new ImageBuilder(layout)
        .layer(new LayoutLayer(good.descriptor(), wrong, good.uncompressedSize()))
        .build("wrong");
    registry.serve("bulk", layout);

    long refused = node.logged("which makes chain ID");

    var pull = node.ctrRemotePull(registry.reference("bulk", "wrong")).run();

    assertThat(pull.exitStatus()).isNotZero();
    assertThat(pull.errors()).contains("wrong diff id");
    assertThat(node.logged("which makes chain ID")).isGreaterThan(refused);
    assertThat(node.mountedLayers()).isEmpty();
  }

  @Test
  void daemonKilledInTheMiddle_leavesNothing_andTheNextPullWorks() throws IOException {
    registry.setLink(LinkProfile.of(1, 20));
    var reference = reference(Kind.ONE_FAT_LAYER);
    var pull = CompletableFuture.supplyAsync(() -> run(node.rpull(reference)));
    node.await("a layer is on its way", () -> pullsUnderWay() > 0);

    node.daemon().kill();
    assertThat(pull.join().exitStatus()).isEqualTo(1);
    assertThat(halfMade()).isNotEmpty();
    node.daemon().unmountAll();
    registry.setLink(LinkProfile.UNLIMITED);
    node.startDaemon(PULLED_WHOLE);

    assertThat(halfMade()).isEmpty();
    node.rpull(reference).check();
    assertThat(node.localLayers()).isEqualTo(1);
  }

  private static CommandResult run(Command command) {
    try {
      return command.run();
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  @Test
  void restartedDaemon_keepsWhatWasPulled_withoutItsRegistry() throws IOException {
    var reference = reference(Kind.ZSTD);
    node.ctrRemotePull(reference).check();
    registry.faults().always(RegistryRequest.anyBlob(), Fault.status(503));

    node.restartDaemon(PULLED_WHOLE);

    assertThat(node.shell(reference, "again", "cat /greeting")).isEqualTo("good evening");
    assertThat(node.localLayers()).isEqualTo(3);
  }

  @Test
  void manyPullsOfOneImage_fetchItOnce() throws IOException {
    var reference = reference(Kind.THREE_LAYERS);
    registry.resetCounters();
    var pulls = new ArrayList<CompletableFuture<CommandResult>>();
    for (int i = 0; i < 4; i++) {
      pulls.add(CompletableFuture.supplyAsync(() -> run(node.rpull(reference))));
    }
    for (var pull : pulls) {
      assertThat(pull.join().exitStatus()).as(pull.join().errors()).isZero();
    }
    for (var blob : layout.layers(requireNonNull(layout.images().get(Kind.THREE_LAYERS.tag())))) {
      // One more to see whether the host sends ranges.
      assertThat(registry.counters().blob(blob.digest()).bodyBytes())
          .as("bytes sent of a blob of " + blob.size())
          .isLessThanOrEqualTo(blob.size() + 1);
    }
  }
}
