package dev.lazuli.snapshotter.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.snapshotter.status.StatusClient;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.images.TreeComparer;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Images that nobody has converted, pulled whole by the daemon for real containerd's clients. */
final class BulkIT {
  private static final String[] PULLED_WHOLE = {"bulk.enabled=true", "bulk.index_quota=0"};

  private static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";
  private static final String GZIP_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  /** How an image's layers are packed. */
  enum Kind {
    THREE_LAYERS,
    ONE_FAT_LAYER,
    ZSTD,
    UNCOMPRESSED,
    MANY_GZIP_MEMBERS,
    DOCKER
  }

  private static TestRegistry registry;
  private static OciLayout layout;
  private static Node node;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    layout = OciLayout.at(BED.directory().resolve("layout"));
    for (var kind : Kind.values()) {
      build(kind);
    }
    registry.serve("bulk", layout);
    node = Node.start(BED, PULLED_WHOLE);
  }

  private static void build(Kind kind) throws IOException {
    var trees = kind == Kind.ONE_FAT_LAYER ? List.of(fat()) : trees(kind.name());
    var image = new ImageBuilder(layout);
    for (var tree : trees) {
      image.layer(layer(kind, tree));
    }
    image.build(tag(kind));
  }

  private static LayoutLayer layer(Kind kind, ImageTree tree) throws IOException {
    return switch (kind) {
      case THREE_LAYERS, ONE_FAT_LAYER -> layout.addLayer(tree, LayerEncoding.GZIP);
      case ZSTD -> layout.addLayer(tree, LayerEncoding.ZSTD);
      case UNCOMPRESSED -> layout.addLayer(tree, LayerEncoding.PLAIN);
      case MANY_GZIP_MEMBERS -> members(tree, GZIP_LAYER, 300_000);
      case DOCKER -> members(tree, DOCKER_LAYER, Integer.MAX_VALUE);
    };
  }

  /** Packs a layer as pigz and others do, in gzip members that begin anywhere in the tar. */
  private static LayoutLayer members(ImageTree tree, String mediaType, int memberBytes)
      throws IOException {
    var plain = layout.addLayer(tree, LayerEncoding.PLAIN);
    var tar = Files.readAllBytes(layout.blob(plain.descriptor().digest()));
    var blob = new ByteArrayOutputStream();
    for (int at = 0; at < tar.length; at += Math.min(memberBytes, tar.length - at)) {
      try (var member = new GZIPOutputStream(blob)) {
        member.write(tar, at, Math.min(memberBytes, tar.length - at));
      }
    }
    var descriptor = layout.addBlob(mediaType, blob.toByteArray());
    return new LayoutLayer(descriptor, plain.diffId(), tar.length);
  }

  private static List<ImageTree> trees(String name) throws IOException {
    var content =
        KindsOfFiles.all(7_000_000, name.hashCode())
            .directory("old")
            .file("old/a", "a")
            .file("gone", "gone")
            .file("name", name);
    var changes =
        new ImageTree()
            .whiteout("gone")
            .directory("old")
            .opaque("old")
            .file("old/b", "b")
            .characterDevice("zero", 1, 5)
            .file("greeting", "good evening\n");
    return List.of(KindsOfFiles.programs(), content, changes);
  }

  private static ImageTree fat() throws IOException {
    var tree = KindsOfFiles.programs();
    tree.directory("lib2").file("greeting", "good evening\n");
    for (int i = 0; i < 2000; i++) {
      tree.file("lib2/f" + i, FileContent.generated(i % 50 == 0 ? 500_000 : 3_000, i));
    }
    return tree;
  }

  private static String tag(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static String reference(Kind kind) {
    return registry.reference("bulk", tag(kind));
  }

  private static int layers(Kind kind) {
    return kind == Kind.ONE_FAT_LAYER ? 1 : 3;
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
    var blobs = layout.layers(requireNonNull(layout.images().get(tag(kind))));

    node.ctrRemotePull(reference).check();

    assertWhole(kind);
    var stored = node.ctr("content", "ls", "--quiet").lines().toList();
    assertThat(stored).doesNotContainAnyElementsOf(digests(blobs));
    node.removeAllImages();
    node.awaitNothingLeft();

    assertThat(node.rpull(reference).check().output())
        .contains("%d of %d layers mounted".formatted(layers(kind), layers(kind)));

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
    assertThat(node.mountedLayers()).hasSize(layers(kind));
    assertThat(node.localLayers()).isEqualTo(layers(kind));
    assertThat(node.shell(reference(kind), tag(kind), "cat /greeting")).isEqualTo("good evening");
    assertThat(status().layers()).allMatch(layer -> layer.proof() == ProofState.PROVED);
  }

  private static NodeStatus status() throws IOException {
    return new StatusClient(node.daemon().state().resolve("status.sock")).status();
  }

  @Test
  void registryThatDiesHalfWayForTheDaemon_leavesTheImageToContainerd() throws IOException {
    registry.faults().always(RegistryRequest.anyBlob().and(BulkIT::isLateRange), Fault.status(404));

    node.ctrRemotePull(reference(Kind.THREE_LAYERS)).check();

    assertThat(node.localLayers()).isLessThan(3);
    assertThat(node.logged("remote-snapshot-prepared=false")).isPositive();
    assertThat(node.shell(reference(Kind.THREE_LAYERS), "unpacked", "cat /greeting"))
        .isEqualTo("good evening");
  }

  /** The daemon asks for ranges, containerd for whole blobs. */
  private static boolean isLateRange(RegistryRequest request) {
    return request.range().filter(range -> !range.matches("bytes=[0-9]{1,6}-.*")).isPresent();
  }

  @Test
  void wrongBytes_areNeverMounted() throws IOException {
    var blobs = layout.layers(requireNonNull(layout.images().get(tag(Kind.UNCOMPRESSED))));
    var big = blobs.get(1);
    registry
        .faults()
        .always(
            RegistryRequest.anyBlob().and(request -> request.range().isPresent()),
            new Fault.WrongBytes(big.size() / 2, 1));

    node.ctrRemotePull(reference(Kind.UNCOMPRESSED)).check();

    assertThat(node.logged("was sent as")).isPositive();
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

    var pull = node.ctrRemotePull(registry.reference("bulk", "wrong")).run();

    assertThat(pull.exitStatus()).isNotZero();
    assertThat(pull.errors()).contains("wrong diff id");
    assertThat(node.logged("which makes chain ID")).isPositive();
    assertThat(node.mountedLayers()).isEmpty();
  }

  @Test
  void daemonKilledInTheMiddle_leavesNothing_andTheNextPullWorks() throws IOException {
    registry.setLink(LinkProfile.of(1, 20));
    var reference = reference(Kind.ONE_FAT_LAYER);
    var pull = CompletableFuture.supplyAsync(() -> run(node.rpull(reference)));
    node.await("a layer is on its way", BulkIT::isPulling);

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

  private static boolean isPulling() throws IOException {
    return status().layers().stream()
        .anyMatch(layer -> layer.fetch() == FetchState.PULL && layer.presentBytes() > 0);
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
    for (var blob : layout.layers(requireNonNull(layout.images().get(tag(Kind.THREE_LAYERS))))) {
      assertThat(registry.counters().blob(blob.digest()).bodyBytes())
          .as("bytes sent of a blob of " + blob.size())
          .isLessThanOrEqualTo(blob.size());
    }
  }
}
