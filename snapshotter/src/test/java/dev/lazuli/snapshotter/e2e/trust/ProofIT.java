package dev.lazuli.snapshotter.e2e.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An image that passes its own layer off as another image's is found out on real containerd, and
 * the other image gets its own files. The steps build on each other.
 */
@TestMethodOrder(OrderAnnotation.class)
final class ProofIT {
  private static final String OTHER = "other";
  private static final int LATE_BYTES = 8 << 20;

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static Node node;
  private static String evil;
  private static String victim;
  private static String lying;
  private static int metricsPort;

  @BeforeAll
  static void serve() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var right = layer(layout, "right");
    var wrong = layer(layout, "evil");
    var passedOff = new LayoutLayer(wrong.descriptor(), right.diffId(), wrong.uncompressedSize());
    var _ = layout.addImage("victim", ContainerDefaults.DEFAULT, List.of(right));
    var _ = layout.addImage("evil", ContainerDefaults.DEFAULT, List.of(passedOff));
    var setuid = LyingTable.of(layout, right, LyingTable::withSetuidWord);
    var _ = layout.addImage("setuid", ContainerDefaults.DEFAULT, List.of(setuid));
    registry.serve("image", layout);
    victim = registry.reference("image", "victim");
    evil = registry.reference("image", "evil");
    lying = registry.reference("image", "setuid");
    metricsPort = freePort();
    node = Node.start(BED, "fetch.background=false", "metrics.address=127.0.0.1:" + metricsPort);
  }

  private static LayoutLayer layer(OciLayout layout, String word) throws IOException {
    var tree =
        new HostFiles()
            .program(Path.of("/bin/sh"))
            .tree()
            .file("word", word)
            // Too large to be taken along: the layer stays incomplete until it is asked for.
            .file("late", new GeneratedContent(LATE_BYTES, word.length(), GeneratedContent.NOISE));
    return new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ).layer(tree).layers().getFirst();
  }

  private static int freePort() throws IOException {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static boolean hasLied() throws IOException {
    return node.daemon().status().layers().stream()
        .anyMatch(layer -> layer.proof() == ProofState.LIED);
  }

  private static String scrape() throws IOException {
    var url = URI.create("http://127.0.0.1:" + metricsPort + "/metrics").toURL();
    try (var answer = url.openStream()) {
      return new String(answer.readAllBytes(), UTF_8);
    }
  }

  @Test
  @Order(1)
  void aLayerPassedOffAsAnothers_isFoundOutOnceItsBlobWasRead() throws IOException {
    node.rpull(evil).check();
    assertThat(node.shell(evil, "e1", "read word < /word; echo $word")).isEqualTo("evil");
    var mounted = node.mountedLayers().getFirst();

    var _ =
        DaemonProcess.lazuli("fetch", evil)
            .with("--state=" + node.daemon().state())
            .within(Node.LONG)
            .run();
    node.await("the lie is known", ProofIT::hasLied);

    var status = node.daemon().status();
    assertThat(status.troubles())
        .anySatisfy(
            trouble -> {
              assertThat(trouble.kind()).isEqualTo(Trouble.Kind.LIE);
              assertThat(trouble.image()).isEqualTo(evil);
              assertThat(trouble.snapshot()).startsWith("lied/");
            });
    assertThat(status.layers())
        .allSatisfy(layer -> assertThat(layer.mount()).isNotEqualTo(MountKind.EROFS_LOCAL));
    assertThat(scrape())
        .contains("lazuli_lying_layers_total 1.0", "lazuli_troubles{kind=\"lie\"} 1.0");
    assertThatThrownBy(() -> Files.readString(mounted.resolve("late")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Input/output error");
    assertThat(node.container(evil, "e2", "/bin/sh", "-c", "true").run().exitStatus()).isNotZero();
  }

  @Test
  @Order(2)
  void theOtherImage_getsItsOwnFiles_inAnotherNamespace() throws IOException {
    node.rpull(victim).with("--namespace", OTHER).check();

    var word =
        BED.containerd()
            .ctr("--namespace", OTHER, "run", "--rm", "--snapshotter", "lazuli", victim, "v1")
            .with("/bin/sh", "-c", "read word < /word; echo $word")
            .within(Node.LONG)
            .check()
            .output()
            .strip();

    assertThat(word).isEqualTo("right");
  }

  @Test
  @Order(3)
  void theOtherImage_getsThemInTheSameNamespace_onceTheLyingOneIsGone() throws IOException {
    node.removeImage(evil);
    node.await("the lying snapshot is gone", () -> !hasLied());
    var _ = node.ctrRemotePull(victim).check();

    assertThat(node.shell(victim, "v2", "read word < /word; echo $word")).isEqualTo("right");
    assertThat(node.daemon().status().troubles())
        .noneMatch(trouble -> trouble.kind() == Trouble.Kind.LIE);
  }

  @Test
  @Order(5)
  void aTableThatShowsAFileSetuid_isFoundOut_thoughAllDigestsAreRight() throws IOException {
    node.rpull(lying).check();
    assertThat(node.shell(lying, "e3", "test -u /word && echo setuid")).isEqualTo("setuid");
    var mounted = node.mountedLayers().getFirst();

    var _ =
        DaemonProcess.lazuli("fetch", lying)
            .with("--state=" + node.daemon().state())
            .within(Node.LONG)
            .run();
    node.await("the lie is known", ProofIT::hasLied);

    assertThat(node.daemon().status().layers())
        .anySatisfy(
            layer ->
                assertThat(layer.proofReason().orElse(""))
                    .contains("/word is shown with mode 0104755, its tar has 0100"));
    assertThatThrownBy(() -> Files.readString(mounted.resolve("late")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Input/output error");
    node.removeAllImages();
    node.awaitNothingLeft();
  }

  @Test
  @Order(4)
  void theLyingImage_isNotMountedAgain() throws IOException {
    assertThat(node.rpull(evil).run().output()).doesNotContain("1 of 1 layers mounted");
    node.removeImage(victim);
    node.removeAllImages("--namespace", OTHER);
    node.removeAllImages();
    node.awaitNothingLeft();
  }
}
