package dev.lazuli.snapshotter.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What only newer containerds than this machine's do; the other tests: ./verify --nodes. */
final class NodesIT {
  private static final int LATE_BYTES = 2 << 20;

  @Test
  void pod_isLazyWhereTheTransferServicePulls() throws Exception {
    try (var bed = open("forky", ContainerdConfig::withTransfer)) {
      var image = push(bed);
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

  private static String push(ContainerdExtension bed) throws IOException {
    bed.pushPauseImage();
    var programs = new HostFiles();
    for (var program : List.of("/bin/sh", "/bin/cat", "/usr/bin/cmp", "/bin/sleep")) {
      programs.program(Path.of(program));
    }
    var layout = OciLayout.at(bed.directory().resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(programs.tree())
            .encoding(LayerEncoding.ZSTD_CHUNKED)
            .layer(
                new ImageTree()
                    .file("greeting", "hello\n")
                    .file("late", new GeneratedContent(LATE_BYTES, 7, GeneratedContent.NOISE)))
            .build("1");
    return bed.registry().push(layout, "1", "node:1");
  }

  private static void runsInAPod(ContainerdExtension bed, Node node, String image)
      throws Exception {
    try (var kubelet = new Kubelet(bed.containerd().socket())) {
      var reference = kubelet.pull(image);
      assertThat(node.mountedLayers())
          .as("%s; %s", node.daemon().log(), bed.containerd().log())
          .hasSize(2)
          .allMatch(mount -> mount.toString().endsWith(".lazy"));
      var logs = Files.createDirectories(bed.directory().resolve("logs"));
      try (var pod = kubelet.startPod("pod", logs)) {
        var ended = pod.awaitExit(pod.start("once", reference, "/bin/cat", "/greeting"));
        assertThat(ended.getExitCode()).as(ended.getMessage()).isZero();
        assertThat(Files.readString(logs.resolve("once.log"))).endsWith(" hello\n");
      }
      kubelet.removeImage(reference);
      kubelet.removeImage(bed.containerd().config().sandboxImage());
      node.awaitNothingLeft();
    }
  }
}
