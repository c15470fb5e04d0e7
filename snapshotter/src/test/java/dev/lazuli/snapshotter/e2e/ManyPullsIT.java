package dev.lazuli.snapshotter.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.CommandResult;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LinkProfile;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many layers, many clients, many namespaces, all at once. */
final class ManyPullsIT {
  private static final int LAYERS = 128;
  private static final int LARGE_BYTES = 24 << 20;

  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static TestRegistry registry;
  private static Node node;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    node = Node.start(BED, "prefetch.enabled=false", "fetch.background_delay=10ms");
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    registry.setLink(LinkProfile.UNLIMITED);
    node.removeAllImages();
    node.removeAllImages("--namespace", "other");
    node.awaitNothingLeft();
  }

  @Test
  void imageOf128Layers_runs() throws IOException {
    var image = image("deep");
    for (int i = 1; i < LAYERS; i++) {
      image.layer(
          new ImageTree().directory("layers").file("layers/" + i, i + "\n").file("top", i + "\n"));
    }
    var reference = serve("deep", image);

    assertThat(node.rpull(reference).check().output()).contains("128 of 128 layers mounted");

    var script =
        "n=0; for f in /layers/*; do read x < $f; n=$((n+x)); done; read t < /top; echo $n $t";
    assertThat(node.shell(reference, "deep", script)).isEqualTo("8128 127");
  }

  @Test
  void twoPullsOfOneImageAtOnce_bothSucceed() throws IOException {
    var reference = serve("twice", image("twice").layer(new ImageTree().file("greeting", "hi\n")));

    var ours = inParallel(node.rpull(reference));
    var theirs = inParallel(node.ctrRemotePull(reference));

    assertThat(ours.join().exitStatus()).isZero();
    assertThat(theirs.join().exitStatus()).isZero();
    assertThat(node.shell(reference, "twice", "read x < /greeting; echo $x")).isEqualTo("hi");
    assertThat(node.mountedLayers()).extracting(ManyPullsIT::slot).doesNotHaveDuplicates();
  }

  /** Returns a mount's layer, for lazy mounts only: a complete layer may have two mounts. */
  private static String slot(Path mount) {
    return mount.getFileName().toString();
  }

  @Test
  void secondNamespace_sharesTheLayersAndKeepsThem() throws IOException {
    var reference = serve("shared", image("shared").layer(new ImageTree().file("x", "x\n")));
    node.rpull(reference).check();
    node.await("both layers are local", () -> node.localLayers() == 2);
    registry.resetCounters();

    node.rpull(reference).with("--namespace", "other").check();

    assertThat(registry.counters().bodyBytes()).isLessThan(10_000);
    node.removeImage(reference);
    var run =
        BED.containerd()
            .ctr("--namespace", "other", "run", "--rm", "--snapshotter", "lazuli", reference, "o")
            .with("/bin/sh", "-c", "read x < /x; echo $x")
            .within(Node.LONG)
            .check();
    assertThat(run.output()).isEqualTo("x\n");
  }

  @Test
  void pullDuringABackgroundFetch_doesNotWaitForIt() throws IOException {
    var noise = new GeneratedContent(LARGE_BYTES, 1, GeneratedContent.NOISE);
    var large = serve("large", image("large").layer(new ImageTree().file("noise", noise)));
    var small = serve("small", image("small").layer(new ImageTree().file("greeting", "hi\n")));
    registry.setLink(LinkProfile.of(10, 10));
    node.rpull(large).check();
    registry.resetCounters();
    node.await("the background fetch runs", () -> registry.counters().bodyBytes() > 1 << 20);

    node.rpull(small).check();

    assertThat(node.shell(small, "small", "read x < /greeting; echo $x")).isEqualTo("hi");
    assertThat(registry.counters().bodyBytes()).isLessThan(LARGE_BYTES);
    registry.setLink(LinkProfile.UNLIMITED);
    node.await("all layers are local", () -> node.localLayers() == 4);
  }

  private static CompletableFuture<CommandResult> inParallel(Command command) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return command.run();
          } catch (IOException e) {
            throw new CompletionException(e);
          }
        });
  }

  /** Returns an image with a shell, in a layer that no other image has. */
  private static ImageBuilder image(String name) throws IOException {
    var layout = OciLayout.at(BED.directory().resolve(name));
    return new ImageBuilder(layout)
        .encoding(LayerEncoding.ESTARGZ)
        .layer(new HostFiles().program(Path.of("/bin/sh")).tree().file("name", name));
  }

  private static String serve(String name, ImageBuilder image) throws IOException {
    var _ = image.build("latest");
    registry.serve(name, OciLayout.at(BED.directory().resolve(name)));
    return registry.reference(name, "latest");
  }
}
