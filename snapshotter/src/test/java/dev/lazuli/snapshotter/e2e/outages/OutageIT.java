package dev.lazuli.snapshotter.e2e.outages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.LiveDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Registries that are away, and nodes that were switched off. Containers read with sha256sum: cksum
 * of coreutils 9.0 and 9.1 takes a read error for the end of the file.
 */
final class OutageIT {
  private static final int FILE_BYTES = 300_000;
  private static final int GAP_BYTES = 20_000_000;
  private static final GeneratedContent UNSEEN =
      new GeneratedContent(FILE_BYTES, 2, GeneratedContent.NOISE);
  private static final Duration DEFAULT_DEADLINE = Duration.ofMinutes(1);
  // In the file's header, the mark of a clean stop and the id of the boot follow each other.
  private static final int CLEAN_AND_BOOT_ID_OFFSET = 12;
  private static final int CLEAN_AND_BOOT_ID_BYTES = 20;
  private static final String[] ON_DEMAND = {
    "fetch.background=false",
    "prefetch.enabled=false",
    "fetch.read_deadline=10s",
    // What is missed takes its neighbours along; these files are to be missed one by one.
    "fetch.unit=64KiB"
  };
  private static final String[] WHOLE = {
    "fetch.background_delay=10ms", "prefetch.enabled=false", "fetch.read_deadline=10s"
  };

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static String reference;
  private static Node node;

  @BeforeAll
  static void serve() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(
                new HostFiles()
                    .program(Path.of("/bin/sh"))
                    .program(Path.of("/usr/bin/sha256sum"))
                    .program(Path.of("/usr/bin/sleep"))
                    .tree())
            .layer(
                new ImageTree()
                    .file("seen", new GeneratedContent(FILE_BYTES, 1, GeneratedContent.NOISE))
                    .file("spacer", new GeneratedContent(GAP_BYTES, 3, GeneratedContent.NOISE))
                    .file("unseen", UNSEEN))
            .build("latest");
    registry.serve("outage", layout);
    reference = registry.reference("outage", "latest");
    node = Node.start(BED, ON_DEMAND);
  }

  @BeforeEach
  void pull() throws IOException {
    if (!node.runsWith(ON_DEMAND)) {
      node.restartDaemon(ON_DEMAND);
    }
    node.rpull(reference).check();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    registry.faults().clear();
    node.removeAllImages();
    node.awaitNothingLeft();
  }

  private static void registryGoesAway() {
    registry.faults().always(_ -> true, new Fault.NoAnswer());
    registry.dropConnections();
  }

  @Test
  void registryDownAfterTheStart_failsOnlyWhatIsMissing_inTime_andUntilItIsBack()
      throws IOException {
    node.ctr(
        "run", "--detach", "--snapshotter", "lazuli", reference, "outage", "/usr/bin/sleep", "1d");
    try {
      var seen = checksumWithin("outage", "first", "/seen").check().output();
      registryGoesAway();
      dropPagesOfLayers("seen");

      assertThat(checksumWithin("outage", "second", "/seen").check().output()).isEqualTo(seen);
      var missing = checksumWithin("outage", "third", "/unseen").run();
      assertThat(missing.exitStatus()).isNotZero();
      assertThat(missing.errors()).contains("/unseen: Input/output error");
      assertThat(missing.elapsed()).isLessThan(DEFAULT_DEADLINE);

      registry.faults().clear();
      assertThat(checksumWithin("outage", "fourth", "/unseen").check().output())
          .isEqualTo(checksumOnTheHost(UNSEEN) + "  /unseen\n");
    } finally {
      node.ctr("task", "rm", "--force", "outage");
      node.ctr("container", "rm", "outage");
    }
  }

  /** Runs a program within a container that runs already. */
  private static Command checksumWithin(String container, String id, String file) {
    return BED.containerd()
        .ctr("task", "exec", "--exec-id", id, container, "/usr/bin/sha256sum", file)
        .within(Node.LONG);
  }

  /** So that the next read has to go to the daemon. */
  private static void dropPagesOfLayers(String file) throws IOException {
    for (var layer : node.mountedLayers()) {
      if (Files.exists(layer.resolve(file))) {
        Command.of("dd", "if=" + layer.resolve(file), "iflag=nocache", "count=0").check();
      }
    }
  }

  private static String checksumOnTheHost(GeneratedContent content) throws IOException {
    var file = BED.directory().resolve("content");
    try (var in = content.open()) {
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return Command.of("sha256sum", file.toString()).check().output().split(" ", 2)[0];
  }

  @Test
  void registryDownAtARestart_isNotMissedByCompleteLayers() throws IOException {
    node.restartDaemon(WHOLE);
    node.await("all layers are local", () -> node.localLayers() == 2);
    var expected = checksum("before", "/unseen");
    registryGoesAway();
    long requests = registry.counters().requests();

    node.restartDaemon(WHOLE);

    assertThat(checksum("after", "/unseen")).isEqualTo(expected);
    assertThat(registry.counters().requests()).isEqualTo(requests);
  }

  @Test
  void registryDownAtARestart_keepsIncompleteLayersWaitingForItsReturn() throws IOException {
    checksum("before", "/seen");
    registryGoesAway();

    node.restartDaemon(ON_DEMAND);

    var refused = node.container(reference, "during", "/usr/bin/sha256sum", "/unseen").run();
    assertThat(refused.exitStatus()).isNotZero();
    assertThat(refused.errors()).contains("unavailable");
    registry.faults().clear();
    assertThat(checksum("after", "/unseen")).isEqualTo(checksumOnTheHost(UNSEEN) + "  /unseen");
  }

  @Test
  void rebootedNode_verifiesWhatItHasBeforeAnybodyReadsIt() throws IOException {
    var expected = checksum("before", "/seen");
    node.daemon().kill();
    node.daemon().unmountAll();
    for (var layer : layerDirectories()) {
      pretendReboot(layer.resolve("present"));
      damage(layer.resolve("data"));
    }

    node.startDaemon(ON_DEMAND);

    assertThat(checksum("after", "/seen")).isEqualTo(expected);
  }

  private static List<Path> layerDirectories() throws IOException {
    return LiveDirectory.files(node.daemon().root().resolve("layers")).stream()
        .filter(file -> file.endsWith("present"))
        .map(Path::getParent)
        .toList();
  }

  /** The map of present chunks was last written under another boot, which ended unclean. */
  private static void pretendReboot(Path present) throws IOException {
    write(present, CLEAN_AND_BOOT_ID_OFFSET, new byte[CLEAN_AND_BOOT_ID_BYTES]);
  }

  /** What the page cache held when the power went is not what the disk holds. */
  private static void damage(Path data) throws IOException {
    long size = Files.size(data);
    for (long at = 0; at < size; at += FILE_BYTES / 2) {
      write(data, at, new byte[100]);
    }
  }

  private static void write(Path file, long at, byte[] bytes) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      var _ = channel.write(ByteBuffer.wrap(bytes), at);
    }
  }

  private static String checksum(String container, String file) throws IOException {
    return node.container(reference, container, "/usr/bin/sha256sum", file)
        .check()
        .output()
        .strip();
  }
}
