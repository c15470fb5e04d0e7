package dev.lazuli.snapshotter.e2e.outages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pull in whose middle something dies fails in words, and the one after it works. */
final class InterruptedPullIT {
  private static final String[] SETTINGS = {"fetch.background=false", "prefetch.enabled=false"};

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static String reference;
  private static Node node;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(new HostFiles().program(Path.of("/bin/sh")).tree())
            .layer(new ImageTree().file("greeting", "hello\n"))
            .build("latest");
    registry.serve("interrupted", layout);
    reference = registry.reference("interrupted", "latest");
    node = Node.start(BED, SETTINGS);
  }

  @AfterEach
  void theNextPullWorksAndLeavesNothing() throws IOException {
    registry.faults().clear();
    registry.dropConnections(); // Nobody waits for slow answers any more.
    assertThat(node.rpull(reference).check().output()).contains("2 of 2 layers mounted");
    assertThat(node.shell(reference, "next", "read x < /greeting; echo $x")).isEqualTo("hello");
    node.removeAllImages();
    node.awaitNothingLeft();
  }

  @Test
  void daemonKilledDuringAPull_isSaidInOneLine() throws IOException {
    var pull = pullThatIsStuckInALayer();

    node.daemon().kill();

    var failed = pull.join();
    assertThat(failed.exitStatus()).isEqualTo(1);
    assertThat(failed.errors().strip())
        .hasLineCount(1)
        .contains("snapshotter lazuli does not answer");
    node.daemon().unmountAll();
    node.startDaemon(SETTINGS);
  }

  @Test
  void containerdRestartedDuringAPull_isSaidInOneLine() throws IOException {
    var pull = pullThatIsStuckInALayer();

    BED.containerd().restart();

    var failed = pull.join();
    assertThat(failed.exitStatus()).isEqualTo(1);
    assertThat(failed.errors().strip()).hasLineCount(1).contains("containerd");
    node.daemon().awaitKnownTo(BED.containerd());
  }

  /** The registry keeps the daemon waiting for the layers' tables of contents. */
  private static CompletableFuture<CommandResult> pullThatIsStuckInALayer() throws IOException {
    var slow = new Fault.SlowHeaders(Duration.ofMinutes(5));
    registry.faults().always(RegistryRequest.anyBlob().and(InterruptedPullIT::isRange), slow);
    long before = registry.faults().injected();
    var pull = CompletableFuture.supplyAsync(InterruptedPullIT::pull);
    node.await("the daemon waits for a layer", () -> registry.faults().injected() > before);
    return pull;
  }

  private static boolean isRange(RegistryRequest request) {
    return request.range().isPresent();
  }

  private static CommandResult pull() {
    try {
      return node.rpull(reference).run();
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }
}
