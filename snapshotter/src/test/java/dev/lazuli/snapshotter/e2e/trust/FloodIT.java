package dev.lazuli.snapshotter.e2e.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A process that has the kernel ask for far more than a slow registry can send. Whoever reads what
 * is on the node does not wait for it.
 */
final class FloodIT {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final int FLOOD_BYTES = 512 << 20;
  private static final int SEEN_BYTES = 300_000;
  private static final int LOOKS = 20;

  /** A read of present data took 28.9 s once; a busy machine needs a fraction of a second. */
  private static final Duration AT_ONCE = Duration.ofSeconds(5);

  /** 16 KiB/s: above the rate at which a stream is given up. */
  private static final LinkProfile DRIPPING = new LinkProfile(Duration.ZERO, 16 << 13);

  /** Asks for all of a file, with many calls at the same time, and then waits for its end. */
  private static final String FLOOD =
      """
      import os, sys, threading
      file = os.open(sys.argv[1], os.O_RDONLY)
      size = os.fstat(file).st_size
      part = size // 64
      calls = [threading.Thread(target=os.posix_fadvise,
                                args=(file, i * part, part, os.POSIX_FADV_WILLNEED))
               for i in range(64)]
      for call in calls:
          call.start()
      for call in calls:
          call.join()
      print("flooded", flush=True)
      os.pread(file, 1, size - 1)
      """;

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static LayoutLayer flooded;
  private static Node node;

  @BeforeAll
  static void serve() throws IOException {
    assumeTrue(Files.isExecutable(PYTHON), "needs python3");
    registry = BED.closeAtEnd(TestRegistry.start());
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var content = new GeneratedContent(FLOOD_BYTES, 1, 64);
    flooded = layout.addLayer(new ImageTree().file("flood", content), LayerEncoding.ESTARGZ);
    var _ = new ImageBuilder(layout).layer(flooded).build("flood");
    var seen = new GeneratedContent(SEEN_BYTES, 2, GeneratedContent.NOISE);
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(new ImageTree().file("seen", seen))
            .build("seen");
    registry.serve("images", layout);
    node =
        Node.start(
            BED,
            "fetch.background=false",
            "prefetch.enabled=false",
            "proof.enabled=false",
            "fetch.read_deadline=2m");
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    registry.setLink(LinkProfile.UNLIMITED);
    node.removeAllImages();
    node.awaitNothingLeft();
  }

  @Test
  void presentContent_isReadAtOnce_whileThousandsOfReadsWaitForTheRegistry() throws Exception {
    node.rpull(registry.reference("images", "flood")).check();
    node.rpull(registry.reference("images", "seen")).check();
    var expected = Files.readAllBytes(node.mountedFile("seen"));
    registry.setLink(DRIPPING);
    long before = requests();
    var flood =
        new ProcessBuilder(PYTHON.toString(), "-c", FLOOD, node.mountedFile("flood").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(flood.inputReader().readLine()).isEqualTo("flooded");
      node.await("the flood has reached the registry", () -> requests() > before);

      for (int i = 0; i < LOOKS; i++) {
        dropPages(node.mountedFile("seen"));
        long began = System.nanoTime();
        assertThat(Files.readAllBytes(node.mountedFile("seen"))).isEqualTo(expected);
        assertThat(Duration.ofNanos(System.nanoTime() - began))
            .as("read %d of present data", i)
            .isLessThan(AT_ONCE);
      }
      assertThat(flood.isAlive()).as("the flood still waits").isTrue();
    } finally {
      flood.destroyForcibly();
      registry.setLink(LinkProfile.UNLIMITED);
      assertThat(flood.waitFor(Node.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  private static long requests() {
    return registry.counters().blob(flooded.descriptor().digest()).requests();
  }

  /** So that the next read has to go to the daemon. */
  private static void dropPages(Path file) throws IOException {
    Command.of("dd", "if=" + file, "iflag=nocache", "count=0").check();
  }
}
