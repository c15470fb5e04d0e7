package dev.lazuli.snapshotter.e2e.pods;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What only newer containerds than this machine's do; the other tests: ./verify --nodes. */
final class NodesIT {
  @Test
  void pod_isLazyWhereTheTransferServicePulls() throws Exception {
    try (var bed = open("forky", ContainerdConfig::withTransfer)) {
      var image = PodImage.push(bed);
      var node = Node.start(bed, "fetch.background=false");

      runsInAPod(bed, node, image);

      assertThat(bed.containerd().log()).doesNotContain("falling back to local image pull");
    }
  }

  private static ContainerdExtension open(String suite, UnaryOperator<ContainerdConfig> change)
      throws IOException {
    var programs = NodePrograms.named(suite);
    assumeTrue(programs.obstacle().isEmpty(), () -> programs.obstacle().orElseThrow());
    var bed = new ContainerdExtension(change, programs);
    bed.open();
    return bed;
  }

  private static void runsInAPod(ContainerdExtension bed, Node node, String image)
      throws Exception {
    try (var kubelet = new Kubelet(bed.containerd().socket())) {
      var reference = kubelet.pull(image);
      PodImage.assertLazy(bed, node);
      var logs = Files.createDirectories(bed.directory().resolve("logs"));
      try (var pod = kubelet.startPod("pod", logs)) {
        PodImage.greet(pod, reference, logs);
      }
      kubelet.removeImage(reference);
      kubelet.removeImage(bed.containerd().config().sandboxImage());
      node.awaitNothingLeft();
    }
  }
}
