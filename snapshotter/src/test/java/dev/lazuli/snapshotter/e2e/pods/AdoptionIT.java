package dev.lazuli.snapshotter.e2e.pods;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.Steps;
import dev.lazuli.snapshotter.e2e.cri.ContainerId;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A node whose pods ran on overlayfs gets Lazuli, without being drained and without its images
 * being pulled again. The steps build on each other.
 */
@TestMethodOrder(OrderAnnotation.class)
final class AdoptionIT {
  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  @RegisterExtension static final Steps STEPS = new Steps();

  private static Node node;
  private static String image;
  private static String unconverted;
  private static Kubelet kubelet;
  private static Path logs;

  /** Started on overlayfs, before Lazuli came. */
  private static Kubelet.Pod old;

  private static ContainerId server;

  @BeforeAll
  static void runOnOverlayfs() throws Exception {
    image = PodImage.push(BED);
    node = Node.start(BED, "fetch.background=false");
    logs = Files.createDirectories(BED.directory().resolve("logs"));
    useForPods("lazuli", "overlayfs");
    kubelet = BED.closeAtEnd(new Kubelet(BED.containerd().socket()));
    unconverted = PodImage.pushUnconverted(BED);
    var _ = kubelet.pull(unconverted);
    var reference = kubelet.pull(image);
    old = BED.closeAtEnd(kubelet.startPod("old", logs));
    server = old.start("server", reference, "/bin/sleep", "1000");
    assertThat(node.mountedLayers()).isEmpty();
  }

  /** Changes the snapshotter of pods in containerd's configuration, as install.md says. */
  private static void useForPods(String before, String now) throws IOException {
    var file = BED.containerd().directory().resolve("c.toml");
    var setting = "snapshotter = \"%s\"%ndisable_snapshot_annotations";
    var text = Files.readString(file).replaceAll("(?m)^ +", "");
    assertThat(text).contains(setting.formatted(before));
    Files.writeString(file, text.replace(setting.formatted(before), setting.formatted(now)));
    BED.containerd().restart();
  }

  private static String greeting() throws Exception {
    var said = old.exec(server, "/bin/cat", "/greeting");
    assertThat(said.getExitCode()).as(said.getErrors().toStringUtf8()).isZero();
    return said.getOutput().toStringUtf8();
  }

  @Test
  @Order(1)
  void podsThatRun_goOn() throws Exception {
    useForPods("overlayfs", ContainerdConfig.LAZULI);

    assertThat(greeting()).isEqualTo("hello from a pod\n");
  }

  @Test
  @Order(2)
  void imageThatIsPulledAgain_isLazyFromItsNextPodOn() throws Exception {
    node.rpull(image).with("--namespace", "k8s.io").check();

    greets("lazy", image);
    PodImage.assertLazy(BED, node);
  }

  @Test
  @Order(3)
  void imageThatOverlayfsHas_needsNoRegistry() throws Exception {
    BED.registry().stop();

    greets("unpacked", unconverted);
    assertThat(node.mountedLayers()).hasSize(PodImage.LAYERS);
    assertThat(greeting()).isEqualTo("hello from a pod\n");
  }

  private static void greets(String name, String reference) throws Exception {
    try (var pod = kubelet.startPod(name, logs)) {
      PodImage.greet(pod, reference, logs);
    }
  }
}
