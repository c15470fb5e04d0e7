package dev.lazuli.snapshotter.e2e.outages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.StatusClient;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A daemon starts while its registry is away: it serves, what is complete works, and the rest comes
 * back with the registry, without another restart. The steps build on each other.
 */
@TestMethodOrder(OrderAnnotation.class)
final class RestoreIT {
  private static final Duration LONG = Duration.ofMinutes(2);
  private static final int FILE_BYTES = 3_000_000;

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static DaemonProcess daemon;
  private static String complete;
  private static String partial;

  @BeforeAll
  static void pullOneImageAndHalfOfAnother() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    complete = serve("complete", 1);
    partial = serve("partial", 2);
    daemon = startDaemon();
    for (var image : new String[] {complete, partial}) {
      BED.containerd()
          .ctrRemote("image", "rpull", "--plain-http", "--snapshotter", "lazuli", image)
          .within(LONG)
          .check();
    }
    DaemonProcess.lazuli("fetch", complete, "--state=" + daemon.state()).within(LONG).check();
  }

  /** The images share no layer: each has a program layer of its own. */
  private static String serve(String name, int seed) throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("layout-" + name));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(
                new HostFiles()
                    .program(Path.of("/bin/sh"))
                    .tree()
                    .file("seed", new GeneratedContent(100, seed, GeneratedContent.NOISE)))
            .layer(
                new ImageTree()
                    .file("data", new GeneratedContent(FILE_BYTES, seed, GeneratedContent.NOISE)))
            .build("1");
    registry.serve(name, layout);
    return registry.host() + "/" + name + ":1";
  }

  private static void restartDaemon() throws IOException {
    daemon.close();
    daemon = startDaemon();
  }

  private static DaemonProcess startDaemon() throws IOException {
    var started =
        BED.closeAtEnd(
            DaemonProcess.start(
                BED.directory().resolve("d"),
                BED.snapshotterSocket(),
                "fetch.background=false",
                "fetch.read_deadline=3s",
                "registry.attempts=1"));
    started.awaitKnownTo(BED.containerd());
    return started;
  }

  @Test
  @Order(1)
  void registryAwayAtTheStart_costsCompleteImagesNothing() throws IOException {
    registryIsAway();
    restartDaemon();

    assertThat(read("restore-1", complete)).isEqualTo("read");
    assertThat(status().troubles()).isEmpty();
  }

  @Test
  @Order(2)
  void incompleteImage_failsWithTheReasonAndComesBackWithTheRegistry() throws IOException {
    // Either the snapshot is said to be unavailable, or its first missing read fails.
    assertThat(tryToRead("restore-2", partial).exitStatus()).isNotZero();
    assertThat(daemon.log()).contains("status 503");
    registry.faults().clear();
    assertThat(read("restore-3", partial)).isEqualTo("read");
  }

  @Test
  @Order(3)
  void layerThatCannotBeRestored_isMarkedAndComesBackByItself() throws IOException {
    var damaged = damageOneLayerOf(partial);
    registryIsAway();
    restartDaemon();

    await(status -> status.troubles().stream().anyMatch(trouble -> trouble.times() > 0));
    assertThat(status().troubles())
        .singleElement()
        .satisfies(
            trouble -> {
              assertThat(trouble.kind()).isEqualTo(Trouble.Kind.RESTORE);
              assertThat(trouble.layer()).isEqualTo(damaged);
              assertThat(trouble.image()).isEqualTo(partial);
              assertThat(trouble.reason()).contains("status 503");
            });
    assertThat(daemon.log()).contains("remote snapshot could not be restored");
    assertThat(read("restore-4", complete)).isEqualTo("read");

    registry.faults().clear();
    await(status -> status.troubles().isEmpty());
    assertThat(read("restore-5", partial)).isEqualTo("read");
  }

  private static void registryIsAway() {
    registry.faults().always(_ -> true, Fault.status(503));
    registry.dropConnections();
  }

  /** Spoils what the stopped daemon has of a layer, so that its index must be fetched again. */
  private static String damageOneLayerOf(String image) throws IOException {
    var layer =
        status().layers().stream()
            .filter(candidate -> candidate.images().contains(image))
            .findFirst()
            .orElseThrow();
    daemon.close();
    var hex = layer.digest().substring("sha256:".length());
    var directory = daemon.root().resolve("layers/sha256").resolve(hex.substring(0, 2));
    try (var found = Files.walk(directory)) {
      for (var chunks : found.filter(file -> file.endsWith("chunks")).toList()) {
        if (chunks.toString().contains(hex.substring(2))) {
          Files.write(chunks, new byte[7]);
        }
      }
    }
    return layer.digest();
  }

  private static void await(Predicate<NodeStatus> condition) throws IOException {
    Eventually.until(LONG, () -> condition.test(status()), () -> status() + daemon.log());
  }

  private static NodeStatus status() throws IOException {
    return new StatusClient(daemon.state().resolve("status.sock")).status();
  }

  private static String read(String container, String image) throws IOException {
    var result = tryToRead(container, image);
    assertThat(result.exitStatus()).as("%s in %s", result, daemon.log()).isZero();
    return result.output().strip();
  }

  private static CommandResult tryToRead(String container, String image) throws IOException {
    return BED.containerd()
        .ctr(
            "run",
            "--rm",
            "--snapshotter",
            "lazuli",
            image,
            container,
            "/bin/sh",
            "-c",
            "read x < /data && echo read")
        .within(LONG)
        .run();
  }
}
