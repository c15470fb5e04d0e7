package dev.lazuli.snapshotter.e2e.commands;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.ImageStatus;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.LiveDirectory;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an operator sees and does: an image on real containerd is looked at, completed, pinned, left
 * by its snapshots and pruned, all by the command line. The steps build on each other.
 */
@TestMethodOrder(OrderAnnotation.class)
final class OperationsIT {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final int FILE_BYTES = 3_000_000;

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static DaemonProcess daemon;
  private static String image;
  private static String plain;
  private static int metricsPort;

  @BeforeAll
  static void serveAndPull() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    image = serve("lazy", LayerEncoding.ESTARGZ);
    plain = serve("plain", LayerEncoding.GZIP);
    metricsPort = freePort();
    daemon = BED.closeAtEnd(startDaemon());
    daemon.awaitKnownTo(BED.containerd());
    pull(image);
  }

  /** Below those that the kernel gives to whoever asks for any: it may be free for a while. */
  private static int freePort() throws IOException {
    var random = new Random();
    for (int attempt = 0; ; attempt++) {
      int port = 20_000 + random.nextInt(10_000);
      try (var free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (BindException e) {
        if (attempt == 20) {
          throw e;
        }
      }
    }
  }

  private static DaemonProcess startDaemon() throws IOException {
    return DaemonProcess.start(
        BED.directory().resolve("d"),
        BED.snapshotterSocket(),
        "fetch.background=false",
        "registry.attempts=1",
        "bulk.enabled=false",
        "metrics.address=127.0.0.1:" + metricsPort);
  }

  private static String serve(String name, LayerEncoding encoding) throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("layout-" + name));
    var _ =
        new ImageBuilder(layout)
            .encoding(encoding)
            .layer(new HostFiles().program(Path.of("/bin/sh")).tree())
            .layer(
                new ImageTree()
                    .file("data", new GeneratedContent(FILE_BYTES, 1, GeneratedContent.NOISE)))
            .build("1");
    registry.serve(name, layout);
    return registry.host() + "/" + name + ":1";
  }

  @Test
  @Order(1)
  void status_showsImagesLayersAndWhoUsesThem() throws IOException {
    run("operations-1", "echo started");

    var status = status();
    assertThat(status.noLazyMounts()).isEmpty();
    assertThat(status.images()).extracting(ImageStatus::image).containsExactly(image);
    assertThat(status.layers()).hasSize(2);
    assertThat(status.layers())
        .allSatisfy(
            layer -> {
              assertThat(layer.mount()).isNotEqualTo(MountKind.NONE);
              assertThat(layer.images()).containsExactly(image);
              assertThat(layer.snapshots()).hasSize(1);
              assertThat(layer.diskBytes()).isPositive();
              assertThat(layer.fetch()).isIn(FetchState.IDLE, FetchState.COMPLETE);
            });
    assertThat(data(status).presentBytes()).isLessThan(FILE_BYTES);
    assertThat(lazuli(0, "status")).contains(image, "IMAGE ", "LAYER ");
  }

  @Test
  @Order(2)
  void pullThatFallsBack_isSeenWithItsReason() throws IOException {
    pull(plain);

    assertThat(status().troubles())
        .hasSize(2)
        .allSatisfy(
            trouble -> {
              assertThat(trouble.kind()).isEqualTo(Trouble.Kind.MOUNT);
              assertThat(trouble.image()).isEqualTo(plain);
              assertThat(trouble.layer()).startsWith("sha256:");
              assertThat(trouble.reason()).isNotBlank();
            });
    assertThat(lazuli(0, "status")).contains("not mounted lazily:");
  }

  @Test
  @Order(3)
  void namesOfNothing_areErrorsInOneLine() throws IOException {
    for (var command : List.of("fetch", "pin")) {
      assertThat(lazuli(1, command, "nosuch:1"))
          .startsWith("lazuli: no layer on this node belongs to image nosuch:1")
          .hasLineCount(1);
    }
  }

  @Test
  @Order(4)
  void fetch_failsWhileTheRegistryDoes_andThenCompletesTheImage() throws IOException {
    registry.faults().always(RegistryRequest.anyBlob(), Fault.status(503));
    do {
      lazuli(1, "fetch", image, "--timeout=1s"); // In which a slow machine may try nothing.
    } while (data(status()).lastError().isEmpty());
    assertThat(lazuli(1, "fetch", image, "--timeout=4s"))
        .contains("not complete within the timeout; the daemon goes on fetching", "status 503");
    assertThat(data(status()).lastError())
        .hasValueSatisfying(error -> assertThat(error).contains("status 503"));

    registry.faults().clear();
    assertThat(lazuli(0, "fetch", image)).contains("2 of 2 layers complete", "(100%)");
    assertThat(scrape("/metrics"))
        .containsPattern("lazuli_fetch_failures_total\\{reason=\"server_error\"} [1-9]")
        .containsPattern(
            "lazuli_registry_requests_total\\{host=\"registry\",result=\"server_error\"} [1-9]")
        .containsPattern("lazuli_fetched_chunks_total\\{priority=\"prefetch\"} [1-9]")
        .containsPattern("lazuli_mount_seconds_count\\{outcome=\"lazy\"} 2\n")
        .containsPattern("lazuli_mount_seconds_count\\{outcome=\"fallback\"} 2\n")
        .contains("lazuli_complete_layers 2.0", "lazuli_troubles{kind=\"mount\"} 2.0");
    assertThat(scrape("/healthz")).isEqualTo("ok\n");
    assertThat(scrape("/readyz")).isEqualTo("ok\n");

    assertThat(status().layers())
        .allSatisfy(layer -> assertThat(layer.fetch()).isEqualTo(FetchState.COMPLETE));
    assertThat(run("operations-2", "read x < /data && echo read")).isEqualTo("read");
  }

  @Test
  @Order(5)
  void pin_outlivesTheDaemonAndTheLastSnapshot() throws IOException {
    assertThat(lazuli(0, "pin", image)).hasLineCount(2).contains(" pinned, ");

    daemon.close();
    daemon = BED.closeAtEnd(startDaemon());
    daemon.awaitKnownTo(BED.containerd());
    assertThat(status().layers()).hasSize(2).allMatch(LayerStatus::pinned);
    ctr("image", "rm", "--sync", image);

    assertThat(lazuli(0, "prune", "--all")).contains("freed 0 B");
    assertThat(status().layers())
        .hasSize(2)
        .allSatisfy(
            layer -> {
              assertThat(layer.mount()).isEqualTo(MountKind.NONE);
              assertThat(layer.claims()).isZero();
              assertThat(layer.complete()).isTrue();
            });
    assertThat(daemon.log()).contains("stays after its last snapshot, because it is pinned");
  }

  @Test
  @Order(6)
  void pinnedLayers_serveTheNextPullWithoutARequest() throws IOException {
    var digests = status().layers().stream().map(LayerStatus::digest).toList();
    registry.resetCounters();
    pull(image);

    assertThat(run("operations-3", "read x < /data && echo read")).isEqualTo("read");
    assertThat(digests)
        .hasSize(2)
        .allSatisfy(
            digest -> assertThat(registry.counters().blob(digest).requests()).as(digest).isZero());
    ctr("image", "rm", "--sync", image);
  }

  @Test
  @Order(7)
  void prune_freesWhatIsNotPinnedAnyMore() throws IOException {
    lazuli(0, "pin", "--unpin", image);
    assertThat(lazuli(0, "prune", "--dry-run")).contains("would remove sha256:");
    assertThat(status().layers()).hasSize(2);

    assertThat(lazuli(0, "prune")).contains("removed sha256:", "layers take 0 B");

    assertThat(status().layers()).isEmpty();
    assertThat(LiveDirectory.files(daemon.root().resolve("layers"))).isEmpty();
  }

  private static String scrape(String path) throws IOException {
    var url = URI.create("http://127.0.0.1:" + metricsPort + path).toURL();
    try (var answer = url.openStream()) {
      return new String(answer.readAllBytes(), UTF_8);
    }
  }

  private static LayerStatus data(NodeStatus status) {
    return status.layers().stream()
        .filter(layer -> layer.sizeBytes() >= FILE_BYTES && layer.sizeBytes() < FILE_BYTES + 1000)
        .findFirst()
        .orElseThrow();
  }

  private static NodeStatus status() throws IOException {
    return JsonMapper.shared().readValue(lazuli(0, "status", "--json"), NodeStatus.class);
  }

  private static String lazuli(int exitStatus, String... arguments) throws IOException {
    CommandResult result =
        DaemonProcess.lazuli(arguments).with("--state=" + daemon.state()).within(LONG).run();
    var said = result.output() + result.errors();
    assertThat(result.exitStatus()).as(said).isEqualTo(exitStatus);
    return said;
  }

  private static void pull(String reference) throws IOException {
    BED.containerd()
        .ctrRemote("image", "rpull", "--plain-http", "--snapshotter", "lazuli", reference)
        .within(LONG)
        .check();
  }

  private static String run(String container, String program) throws IOException {
    return ctr("run", "--rm", "--snapshotter", "lazuli", image, container, "/bin/sh", "-c", program)
        .strip();
  }

  private static String ctr(String... arguments) throws IOException {
    return BED.containerd().ctr(arguments).within(LONG).check().output();
  }
}
