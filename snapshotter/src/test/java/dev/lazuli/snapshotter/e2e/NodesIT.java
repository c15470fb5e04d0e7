package dev.lazuli.snapshotter.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A node's day with each containerd that Debian has: 1.6 or whatever this machine has, 1.7 and 2.1.
 * What is tested in depth with this machine's own can be run with the others, too: {@code ./verify
 * --nodes}.
 */
final class NodesIT {
  private static final int LATE_BYTES = 2 << 20;

  @ParameterizedTest
  @ValueSource(strings = {"host", "trixie", "forky"})
  void node_pullsRunsRestartsAndRemoves(String suite) throws Exception {
    try (var bed = open(suite, config -> config)) {
      var image = push(bed);
      var node = Node.startKept(bed, "fetch.background=false");
      assertThat(doctor(bed, node, image)).contains("2 of 2 layers would be mounted lazily");

      assertThat(node.rpull(image).check().output()).contains("2 of 2 layers mounted lazily");
      startReader(
          bed, image, "reader", "while ! test -e /go; do sleep 0.1; done; cat /late > /copy");
      node.daemon().kill();
      node.startDaemon("fetch.background=false");
      assertThat(
              exec(bed, "reader", "> /go; while ! cmp /late /copy; do sleep 0.1; done; echo same"))
          .endsWith("same");
      bed.containerd().restart();
      node.daemon().awaitKnownTo(bed.containerd());
      assertThat(exec(bed, "reader", "cat /greeting")).isEqualTo("hello");
      node.ctr("task", "rm", "--force", "reader");
      node.ctr("container", "rm", "reader");
      assertThat(node.shell(image, "next", "cat /greeting")).isEqualTo("hello");
      node.removeImage(image);
      node.awaitNothingLeft();

      runsInAPod(bed, node, image);
      if (bed.containerd().programs().isSecond()) {
        isLazyByTheTransferService(node, image);
      }
      goesToOverlayfs(node, image);
    }
  }

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

  /** Returns what the doctor says where nothing is wrong. */
  private static String doctor(ContainerdExtension bed, Node node, String image)
      throws IOException {
    var containerd = bed.containerd();
    return DaemonProcess.lazuli("doctor", "--containerd", containerd.socket().toString(), image)
        .with("--containerd-config", containerd.directory().resolve("c.toml").toString())
        .with("--root", node.daemon().root().toString())
        .with("--state", node.daemon().state().toString())
        .with("--address", bed.snapshotterSocket().toString())
        .withEnvironment("PATH", containerd.programs().searchPath())
        .within(Node.LONG)
        .check()
        .output();
  }

  private static void startReader(ContainerdExtension bed, String image, String id, String script)
      throws IOException {
    var _ =
        bed.containerd()
            .ctr("run", "--detach", "--snapshotter", "lazuli", image, id)
            .with("/bin/sh", "-c", script + "; sleep 1000")
            .within(Node.LONG)
            .check();
  }

  private static String exec(ContainerdExtension bed, String id, String script) throws IOException {
    return bed.containerd()
        .ctr("task", "exec", "--exec-id", "x" + System.nanoTime(), id, "/bin/sh", "-c", script)
        .within(Node.LONG)
        .check()
        .output()
        .strip();
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

  private static void isLazyByTheTransferService(Node node, String image) throws IOException {
    node.ctr("image", "pull", "--plain-http", "--snapshotter", "lazuli", image);

    assertThat(node.mountedLayers()).hasSize(2);
    assertThat(node.shell(image, "transferred", "cat /greeting")).isEqualTo("hello");
    node.removeImage(image);
    node.awaitNothingLeft();
  }

  /** What is configured for us must leave the other snapshotters as they are. */
  private static void goesToOverlayfs(Node node, String image) throws IOException {
    node.ctr("image", "pull", "--plain-http", image);

    var run = node.ctr("run", "--rm", image, "plain", "/bin/cat", "/greeting");
    assertThat(run.strip()).isEqualTo("hello");
    assertThat(node.mountedLayers()).isEmpty();
    node.removeImage(image);
  }
}
