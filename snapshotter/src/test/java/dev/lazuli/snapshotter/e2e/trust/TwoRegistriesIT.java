package dev.lazuli.snapshotter.e2e.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.containerd.DockerRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A layer of two images, each in a registry of its own, as Debian packages it. */
final class TwoRegistriesIT {
  /** In containerd's usual one the layer would be there already, and Lazuli would not be asked. */
  private static final String OTHER = "other";

  private static final int FILE_BYTES = 2_000_000;
  private static final GeneratedContent UNREAD =
      new GeneratedContent(FILE_BYTES, 2, GeneratedContent.NOISE);

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  @Test
  void registryThatGoesAway_isReplacedByTheOneThatHasTheLayerToo() throws IOException {
    var first = BED.registry();
    var second = BED.closeAtEnd(DockerRegistry.start(BED.directory().resolve("second-registry")));
    var layout = layout();
    var node =
        Node.start(BED, "proof.enabled=false", "fetch.background=false", "prefetch.enabled=false");
    node.rpull(first.push(layout, "latest", "shared/app:1")).check();
    assertThat(Files.size(file(node, "read"))).isEqualTo(FILE_BYTES);
    var theirs = second.push(layout, "latest", "shared/app:1");
    assertThat(node.rpull(theirs).with("--namespace", OTHER).check().output())
        .contains("1 of 1 layers mounted");

    first.stop();

    try (var content = UNREAD.open()) {
      assertThat(Files.newInputStream(file(node, "unread"))).hasSameContentAs(content);
    }
    assertThat(node.logged(second.host() + "/shared/app:1 has it")).isPositive();
    node.removeAllImages();
    node.removeAllImages("-n", OTHER);
    node.awaitNothingLeft();
  }

  private static OciLayout layout() throws IOException {
    var layout = OciLayout.at(BED.directory().resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(
                new ImageTree()
                    .file("read", new GeneratedContent(FILE_BYTES, 1, GeneratedContent.NOISE))
                    .file("unread", UNREAD))
            .build("latest");
    return layout;
  }

  private static Path file(Node node, String name) throws IOException {
    return node.mountedLayers().stream()
        .map(layer -> layer.resolve(name))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow();
  }
}
