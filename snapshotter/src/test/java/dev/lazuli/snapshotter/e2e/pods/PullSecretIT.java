package dev.lazuli.snapshotter.e2e.pods;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.demo.registry.RegistryDemands.Access;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.cri.ExecReply;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A pod's pull secret, which only the kubelet's call has: containerd hands it over to what it takes
 * for a mirror, by the hosts file of docs/install.md.
 */
final class PullSecretIT {
  private static final String SECRET = "known to a pod alone";
  private static final Duration TOKEN_LIFE = Duration.ofSeconds(1);
  private static final Path DOCUMENT = Path.of("../docs/install.md");

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void podsSecret_makesItsImageLazy_andLasts(boolean basic) throws Exception {
    var access =
        basic ? new Access.Basic("pod", SECRET) : new Access.Bearer("pod", SECRET, TOKEN_LIFE);
    int port = freePort();
    try (var bed = open(port);
        var registry = TestRegistry.start(RegistryDemands.OPEN.withAccess(access))) {
      var layout = OciLayout.at(bed.directory().resolve("private"));
      bed.pushPauseImage();
      PodImage.build(layout, "1", LayerEncoding.ESTARGZ, LayerEncoding.ZSTD_CHUNKED);
      registry.serve("private/pod", layout);
      var image = registry.reference("private/pod", "1");
      var settings =
          new String[] {
            "fetch.background=false",
            "registry.pull_secrets=127.0.0.1:" + port,
            "registry.hosts_dir=" + bed.directory().resolve("certs.d")
          };
      var node = Node.startKept(bed, settings);
      try (var kubelet = new Kubelet(bed.containerd().socket())) {
        var reference = kubelet.pull(image, "pod", SECRET);
        PodImage.assertLazy(bed, node);
        assertThat(status(node))
            .contains("credentials of " + image + ": " + registry.host() + ": user \"pod\"")
            .contains("of a pull secret")
            .doesNotContain(SECRET);

        var logs = Files.createDirectories(bed.directory().resolve("logs"));
        try (var pod = kubelet.startPod("pod", logs)) {
          PodImage.greet(pod, reference, logs);
          var server = pod.start("server", reference, "/bin/sleep", "1000");

          registry.setLink(LinkProfile.of(0, 200)); // So that not all of it comes along at once.
          awaitTokensEnd();
          registry.resetCounters();
          assertThat(said(pod.exec(server, "/bin/sh", "-c", "read some < /unread; echo read")))
              .isEqualTo("read");
          assertRead(registry, basic);
          assertThat(node.bytesOnDisk()).isLessThan(PodImage.UNREAD_BYTES);

          node.daemon().kill();
          node.startDaemon(settings);
          awaitTokensEnd();
          registry.resetCounters();
          assertThat(said(pod.exec(server, "/bin/sh", "-c", "wc -c < /unread")))
              .isEqualTo("" + PodImage.UNREAD_BYTES);
          assertRead(registry, basic);
          PodImage.greet(pod, reference, logs);
        }
        assertThat(node.daemon().log()).doesNotContain(SECRET);
        kubelet.removeImage(reference);
        kubelet.removeImage(bed.containerd().config().sandboxImage());
        node.awaitNothingLeft();
      }
    }
  }

  /** Waits until every token that was ever issued has ended. */
  private static void awaitTokensEnd() {
    long begin = System.nanoTime();
    Eventually.until(() -> System.nanoTime() - begin > TOKEN_LIFE.toNanos());
  }

  /** Asserts that content came, and for a token that was fetched for it. */
  private static void assertRead(TestRegistry registry, boolean basic) {
    var counters = registry.counters();
    assertThat(counters.bodyBytes()).isPositive();
    assertThat(counters.tokens() > 0).isEqualTo(!basic);
  }

  private static String said(ExecReply reply) {
    assertThat(reply.getExitCode()).as(reply.getErrors().toStringUtf8()).isZero();
    return reply.getOutput().toStringUtf8().strip();
  }

  /** The door is in the way of every pull, and must not be noticed. */
  @Test
  void publicImage_andADaemonThatIsAway_changeNothing() throws Exception {
    int port = freePort();
    try (var bed = open(port)) {
      var image = PodImage.push(bed);
      var node =
          Node.start(bed, "fetch.background=false", "registry.pull_secrets=127.0.0.1:" + port);
      try (var kubelet = new Kubelet(bed.containerd().socket())) {
        var reference = kubelet.pull(image);
        PodImage.assertLazy(bed, node);
        kubelet.removeImage(reference);
        node.awaitNothingLeft();
        assertThatThrownBy(() -> kubelet.pull(image + "-missing"))
            .hasMessageContaining("not found")
            .hasMessageNotContaining(":" + port);
        node.daemon().close();

        bed.containerd().ctr("image", "pull", "--plain-http", image).check();
      }
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static ContainerdExtension open(int port) throws IOException {
    var programs = NodePrograms.chosen();
    var section = programs.isSecond() ? "io.containerd.cri.v1.images" : "io.containerd.grpc.v1.cri";
    var bed = new ContainerdExtension(config -> withHostsFiles(config, section), programs);
    bed.open();
    var folder = Files.createDirectories(bed.directory().resolve("certs.d/_default"));
    Files.writeString(folder.resolve("hosts.toml"), documented(port));
    return bed;
  }

  /** Hosts files take the place of mirrors, and loopback is asked without TLS anyway. */
  private static ContainerdConfig withHostsFiles(ContainerdConfig from, String section) {
    var socket = requireNonNull(from.proxySnapshotters().get(ContainerdConfig.LAZULI));
    return ContainerdConfig.lazuliAt(socket)
        .withSandboxImage(from.sandboxImage())
        .withAppended(
            """

            [plugins."%s".registry]
              config_path = "%s"
            """
                .formatted(section, socket.resolveSibling("certs.d")));
  }

  /** What the document says to write, with the port of a test. */
  private static String documented(int port) throws IOException {
    var text = Files.readString(DOCUMENT);
    int begin = text.indexOf("[host.\"http://127.0.0.1:989");
    return text.substring(begin, text.indexOf("```", begin)).replace(":989", ":" + port);
  }

  private static String status(Node node) throws IOException {
    return DaemonProcess.lazuli("status", "--state=" + node.daemon().state()).check().output();
  }
}
