package dev.lazuli.snapshotter.e2e.pods;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Kubernetes' way: a pod by containerd's CRI plugin, whose image is mounted lazily. */
final class PodIT {
  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static Node node;
  private static String image;

  @BeforeAll
  static void start() throws IOException {
    image = PodImage.push(BED);
    node = Node.start(BED, "fetch.background=false", "bulk.enabled=true");
  }

  @Test
  void pod_startsFromLazilyMountedLayers() throws Exception {
    try (var kubelet = new Kubelet(BED.containerd().socket())) {
      var reference = kubelet.pull(image);

      PodImage.assertLazy(BED, node);
      assertThat(snapshotLabels())
          .contains(
              "\"containerd.io/snapshot/cri.image-ref\": \"" + image,
              "\"containerd.io/snapshot/cri.manifest-digest\": \"sha256:");
      runPod(kubelet, reference);
      assertThat(node.bytesOnDisk()).isLessThan(PodImage.UNREAD_BYTES);
      assertThat(kubelet.imageFileSystem().getTimestamp()).isPositive();

      kubelet.removeImage(reference);
      kubelet.removeImage(BED.containerd().config().sandboxImage());
      node.awaitNothingLeft();
    }
  }

  @Test
  void pod_startsFromLayersThatNobodyConverted_pulledWhole() throws Exception {
    var unconverted = PodImage.pushUnconverted(BED);
    try (var kubelet = new Kubelet(BED.containerd().socket())) {
      var reference = kubelet.pull(unconverted);

      assertThat(node.localLayers()).isEqualTo(2);
      assertThat(node.mountedLayers()).hasSize(2);
      runPod(kubelet, reference);

      kubelet.removeImage(reference);
      kubelet.removeImage(BED.containerd().config().sandboxImage());
      node.awaitNothingLeft();
    }
  }

  private static void runPod(Kubelet kubelet, String reference) throws Exception {
    var logs = Files.createDirectories(BED.directory().resolve("logs"));
    try (var pod = kubelet.startPod("pod", logs)) {
      PodImage.greet(pod, reference, logs);

      var server = pod.start("server", reference, "/bin/sleep", "1000");
      var script = "read line < /greeting; echo $line > /written; cat /written";
      var said = pod.exec(server, "/bin/sh", "-c", script);
      assertThat(said.getExitCode()).as(said.getErrors().toStringUtf8()).isZero();
      assertThat(said.getOutput().toStringUtf8()).isEqualTo("hello from a pod\n");

      pod.remove(server);
    }
  }

  /** Returns the labels of all committed snapshots of CRI's namespace. */
  private static String snapshotLabels() throws IOException {
    var snapshots = new String[] {"--namespace", "k8s.io", "snapshots", "--snapshotter", "lazuli"};
    var all = new StringBuilder();
    for (var line : BED.containerd().ctr(snapshots).with("ls").check().output().lines().toList()) {
      if (line.contains("Committed")) {
        var name = line.substring(0, line.indexOf(' '));
        all.append(BED.containerd().ctr(snapshots).with("info", name).check().output());
      }
    }
    return all.toString();
  }
}
