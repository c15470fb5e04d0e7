package dev.lazuli.snapshotter.e2e.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.snapshotter.e2e.DaemonProcess;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.snapshotter.e2e.Steps;
import dev.lazuli.snapshotter.e2e.pods.PodImage;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A lazily pulled image that is exported, pushed, and at last used without us. The steps build on
 * each other.
 */
@TestMethodOrder(OrderAnnotation.class)
final class ContentIT {
  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  @RegisterExtension static final Steps STEPS = new Steps();

  private static Node node;
  private static String image;
  private static String archive;

  @BeforeAll
  static void pull() throws IOException {
    image = PodImage.push(BED);
    archive = BED.directory().resolve("image.tar").toString();
    node = Node.start(BED, "fetch.background=false");
    node.rpull(image).check();
  }

  private static Command content(String reference) {
    return DaemonProcess.lazuli("content", "--plain-http")
        .with("--containerd", BED.containerd().socket().toString(), reference)
        .within(Node.LONG);
  }

  @Test
  @Order(1)
  void contentOfALazyImage_isNotThere_untilItIsAskedFor() throws IOException {
    assertThat(BED.containerd().ctr("image", "export", archive, image).run().errors())
        .contains("not found");

    assertThat(content(image).check().output())
        .contains(image + ": complete, 2 blobs were missing");
    assertThat(content(image).check().output())
        .contains(image + ": complete, 0 blobs were missing");
    PodImage.assertLazy(BED, node);
  }

  @Test
  @Order(2)
  void image_isExportedAndPushed_evenAfterGarbageWasCollected() throws IOException {
    var copy = BED.registry().host() + "/copy:1";
    node.ctr("image", "tag", image, copy);
    node.removeImage(copy);

    Eventually.until(Node.LONG, ContentIT::isExportedWhole);
    node.ctr("image", "push", "--plain-http", copy, image);

    assertThat(greeting("imported", image)).isEqualTo("hello from a pod");
    node.ctr("--namespace", "pulled", "image", "pull", "--plain-http", copy);
    assertThat(greeting("pulled", copy)).isEqualTo("hello from a pod");
    for (var namespace : new String[] {"imported", "pulled"}) {
      node.removeAllImages("--namespace", namespace);
    }
  }

  /** On a busy machine, {@code ctr} of 2.x may end before it has written all that comes. */
  private static boolean isExportedWhole() throws IOException {
    node.ctr("image", "export", archive, image);
    var imported =
        BED.containerd()
            .ctr("--namespace", "imported", "image", "import", archive)
            .within(Node.LONG)
            .run();
    if (imported.exitStatus() != 0) {
      assertThat(imported.errors()).contains("unexpected EOF");
    }
    return imported.exitStatus() == 0;
  }

  @Test
  @Order(3)
  void imageUnderAnotherName_isFoundWhereItCameFrom() throws IOException {
    var other = "registry.invalid/other:1";
    node.ctr("image", "tag", image, other);

    assertThat(content(other).check().output()).contains("complete, 0 blobs were missing");
    node.removeImage(other);
  }

  @Test
  @Order(4)
  void image_isUsedByOverlayfs_whenWeAreGone() throws IOException {
    node.daemon().close();
    BED.registry().stop();

    assertThat(greeting("default", image)).isEqualTo("hello from a pod");
  }

  @Test
  @Order(5)
  void unknownImage_isAnError() throws IOException {
    var result = content("registry.invalid/unknown:1").run();

    assertThat(result.exitStatus()).isOne();
    assertThat(result.errors()).contains("containerd has no image registry.invalid/unknown:1");
  }

  private static String greeting(String namespace, String reference) throws IOException {
    return node.ctr(
            "--namespace", namespace, "run", "--rm", reference, "greets", "/bin/cat", "/greeting")
        .strip();
  }
}
