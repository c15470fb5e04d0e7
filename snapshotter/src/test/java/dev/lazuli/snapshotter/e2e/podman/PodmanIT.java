package dev.lazuli.snapshotter.e2e.podman;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.trust.LyingTable;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.CleanUp;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Debian's Podman finds layers in a daemon's store. The steps build on each other. */
@TestMethodOrder(OrderAnnotation.class)
final class PodmanIT {
  private static final int LATE_BYTES = 8 << 20;
  private static final GeneratedContent LATE =
      new GeneratedContent(LATE_BYTES, 1, GeneratedContent.NOISE);
  private static final GeneratedContent LATER =
      new GeneratedContent(LATE_BYTES, 2, GeneratedContent.NOISE);
  private static final String[] SETTINGS = {"store.enabled=true", "fetch.background=false"};

  private static final String SECRET = "known to Podman alone";

  private static final CleanUp CLEAN_UP = new CleanUp();
  private static TestRegistry registry;
  private static Path directory;
  private static DaemonProcess daemon;
  private static Podman podman;
  private static String image;
  private static String unknown;
  private static String passedOff;
  private static String wrongTable;

  @BeforeAll
  static void serve() throws IOException {
    var obstacle = Podman.obstacle();
    assumeTrue(obstacle.isEmpty(), () -> obstacle.orElse(""));
    directory = CLEAN_UP.directory("lzp");
    registry = CLEAN_UP.open(TestRegistry::start);
    var layout = OciLayout.at(directory.resolve("layout"));
    var low = layer(layout, LayerEncoding.ESTARGZ, below());
    var high = asOfPodman(layer(layout, LayerEncoding.ZSTD_CHUNKED, above()));
    var _ = layout.addImage("1", ContainerDefaults.DEFAULT, List.of(low, high));
    var _ = layout.addImage("unknown", ContainerDefaults.DEFAULT, List.of(withOtherToc(low)));
    var _ =
        layout.addImage(
            "passed-off",
            ContainerDefaults.DEFAULT,
            List.of(new LayoutLayer(low.descriptor(), high.diffId(), low.uncompressedSize())));
    var setuid = LyingTable.of(layout, low, LyingTable::withSetuidWord);
    var _ = layout.addImage("wrong-table", ContainerDefaults.DEFAULT, List.of(setuid));
    registry.serve("lazy", layout);
    passedOff = registry.reference("lazy", "passed-off");
    wrongTable = registry.reference("lazy", "wrong-table");
    image = registry.reference("lazy", "1");
    unknown = registry.reference("lazy", "unknown");
    daemon = start();
    podman =
        CLEAN_UP.open(
            () -> Podman.at(directory.resolve("podman"), daemon.root().resolve("store"), helper()));
  }

  /** The program as it is packaged, beside the launcher of this build. */
  private static Path helper() throws IOException {
    var place = Files.createDirectories(directory.resolve("program"));
    var launcher = place.resolve("lazuli");
    var words = DaemonProcess.words("\"$@\"", "--state=" + daemon.state());
    Files.writeString(launcher, "#!/bin/sh\nexec " + String.join(" ", words) + "\n");
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    return Files.copy(
        Path.of("src/main/dist/store-auth"),
        place.resolve("store-auth"),
        StandardCopyOption.COPY_ATTRIBUTES);
  }

  private static LayoutLayer layer(OciLayout layout, LayerEncoding encoding, ImageTree tree)
      throws IOException {
    return new ImageBuilder(layout).encoding(encoding).layer(tree).layers().getFirst();
  }

  /** Podman itself writes no TOC digest, but the checksum of the compressed table of contents. */
  private static LayoutLayer asOfPodman(LayoutLayer layer) {
    var annotations = new HashMap<>(layer.descriptor().annotations());
    annotations.remove(Annotations.TOC_DIGEST);
    annotations.put(
        Annotations.CONTAINERS_CHECKSUM, annotations.remove(Annotations.STARGZ_CHECKSUM));
    annotations.put(
        Annotations.CONTAINERS_POSITION, annotations.remove(Annotations.STARGZ_POSITION));
    return new LayoutLayer(
        layer.descriptor().withAnnotations(annotations), layer.diffId(), layer.uncompressedSize());
  }

  /** Has the image name a table of contents that the layer does not have. */
  private static LayoutLayer withOtherToc(LayoutLayer layer) {
    var annotations = new HashMap<>(layer.descriptor().annotations());
    annotations.put(Annotations.TOC_DIGEST, Digest.sha256(new byte[0]).toString());
    return new LayoutLayer(
        layer.descriptor().withAnnotations(annotations), layer.diffId(), layer.uncompressedSize());
  }

  private static ImageTree below() throws IOException {
    return new HostFiles()
        .program(Path.of("/bin/sh"))
        .program(Path.of("/bin/cat"))
        .program(Path.of("/bin/ls"))
        .program(Path.of("/usr/bin/sha256sum"))
        .tree()
        .file("word", "below")
        .file("gone", "below")
        .file("opaque/old", "below")
        .file("late", LATE);
  }

  private static ImageTree above() {
    return new ImageTree()
        .file("word", "above")
        .whiteout("gone")
        .opaque("opaque")
        .file("opaque/new", "above")
        .file("later", LATER);
  }

  private static DaemonProcess start() throws IOException {
    var place = directory.resolve("d");
    return CLEAN_UP.open(
        () -> DaemonProcess.startKept(place, directory.resolve("l.sock"), SETTINGS));
  }

  @AfterAll
  static void cleanUp() throws IOException {
    CLEAN_UP.close();
  }

  private static List<LayerStatus> layers() throws IOException {
    return daemon.status().layers();
  }

  @Test
  @Order(1)
  void pull_movesFewBytes_andCountsOneUseOfEachLayer() throws IOException {
    podman.pull(image);

    assertThat(registry.counters().bodyBytes()).isLessThan(LATE_BYTES);
    assertThat(layers()).hasSize(2).allSatisfy(layer -> assertThat(layer.storeUses()).isEqualTo(1));
  }

  @Test
  @Order(2)
  void container_seesTheLayersAsIfUnpacked_andReadsWhatIsMissing() throws IOException {
    var said = podman.run(image, "cat /word; echo; ls /opaque; ls /gone; sha256sum /late");

    assertThat(said.lines())
        .containsExactly("above", "new", Digest.sha256(LATE.open()).hex() + "  /late");
  }

  @Test
  @Order(3)
  void daemonThatIsAway_isNotAskedByOtherCommands() throws IOException {
    daemon.kill();

    podman.command("ps").check();
  }

  @Test
  @Order(4)
  void nextDaemon_hasTheCounts_andServesNewContainers() throws IOException {
    daemon = start();

    assertThat(podman.run(image, "sha256sum /later")).startsWith(Digest.sha256(LATER.open()).hex());
    assertThat(layers()).hasSize(2).allSatisfy(layer -> assertThat(layer.storeUses()).isEqualTo(1));
  }

  @Test
  @Order(5)
  void machineThatStops_keepsTheCounts() throws IOException {
    daemon.close();
    daemon = start();

    assertThat(podman.run(image, "cat /word")).isEqualTo("above");
    assertThat(layers()).hasSize(2).allSatisfy(layer -> assertThat(layer.storeUses()).isEqualTo(1));
  }

  @Test
  @Order(6)
  void imageRemoved_releasesItsLayers_andTheirDiskSpace() throws IOException {
    podman.remove(image);

    Eventually.asserted(() -> assertThat(layers()).isEmpty());
  }

  @Test
  @Order(7)
  void layerThatCannotBeMounted_isPulledByPodmanItself() throws IOException {
    podman.pull(unknown);

    assertThat(podman.run(unknown, "cat /word")).isEqualTo("below");
    assertThat(layers()).isEmpty();
    podman.remove(unknown);
  }

  /** One lies about its own layer's tar, the other's table of contents about a file. */
  @Test
  @Order(8)
  void layersThatLie_areFoundOut_andNoContainerStartsOnThem() throws IOException {
    for (var lying : List.of(passedOff, wrongTable)) {
      podman.pull(lying);
      assertThat(podman.run(lying, "cat /word")).isEqualTo("below");

      DaemonProcess.lazuli("fetch", "--state=" + daemon.state(), lying).within(Node.LONG).run();

      Eventually.asserted(
          () -> assertThat(daemon.status().troubles()).anyMatch(trouble -> isLie(trouble, lying)));
      assertThat(podman.container(lying, "cat /word").run().exitStatus()).isNotZero();
      podman.remove(lying);
    }
    assertThat(daemon.status().troubles()).noneMatch(trouble -> trouble.kind() == Trouble.Kind.LIE);
  }

  @Test
  @Order(9)
  void passwordOfAPull_isHandedToTheDaemon_andNotShown() throws IOException {
    var access = new RegistryDemands.Access.Basic("someone", SECRET);
    try (var locked = TestRegistry.start(RegistryDemands.OPEN.withAccess(access))) {
      locked.serve("lazy", OciLayout.at(directory.resolve("layout")));
      var itsImage = locked.reference("lazy", "1");

      podman.pull(itsImage, "--creds=someone:" + SECRET);

      assertThat(layers())
          .hasSize(2)
          .allSatisfy(layer -> assertThat(layer.storeUses()).isEqualTo(1));
      assertThat(podman.run(itsImage, "cat /word")).isEqualTo("above");
      assertThat(daemon.log()).doesNotContain(SECRET);
      assertThat(Files.getPosixFilePermissions(daemon.root().resolve("pull-secrets")))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
      podman.remove(itsImage);
    }
  }

  private static boolean isLie(Trouble trouble, String lying) {
    return trouble.kind() == Trouble.Kind.LIE && trouble.image().equals(lying);
  }
}
