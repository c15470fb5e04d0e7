package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.LayerEntry.AttributeSource;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LayerStackTest {
  @TempDir private Path trees;
  private final FakeLayers fakes = new FakeLayers();
  private final List<RemoteLayer> layers = new ArrayList<>();

  /** Puts a layer on top of the stack. */
  private void add(FakeDirectory root) throws IOException, InterruptedException {
    var digest = FakeLayers.digest(layers.size() + 1);
    fakes.roots.put(digest, root);
    layers.add(
        fakes.mount(
            new LayerRequest(
                "stack",
                Digest.parse(digest),
                List.of(Digest.parse(digest)),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty(),
                false,
                List.of())));
  }

  private static FakeDirectory root() {
    return new FakeDirectory();
  }

  private static FakeDirectory with(int permissions) {
    return root().with(FakeDirectory.attributes(permissions, 0));
  }

  private static FakeDirectory implied() {
    return root().from(AttributeSource.IMPLIED);
  }

  @Test
  void layers_areNamedNearestFirst() throws Exception {
    add(root().add("tmp", with(01777)));
    add(root());

    assertThat(LayerStack.lower(layers, trees))
        .containsExactly(Path.of("/mounts/0002"), Path.of("/mounts/0001"));
    assertThat(trees).isEmptyDirectory();
  }

  @Test
  void inheritedDirectories_lieAboveTheLayerThatInherits_onceForAll() throws Exception {
    add(root().add("tmp", with(01777)).add("var", with(0700)));
    add(root().add("tmp", implied()));
    add(root().add("var", implied()));
    add(root());

    var lower = LayerStack.lower(layers, trees);

    var tree = trees.resolve("3");
    assertThat(lower)
        .containsExactly(
            Path.of("/mounts/0004"),
            tree,
            Path.of("/mounts/0003"),
            Path.of("/mounts/0002"),
            Path.of("/mounts/0001"));
    assertThat(Files.getAttribute(tree.resolve("tmp"), "unix:mode")).isEqualTo(041777);
    assertThat(Files.getAttribute(tree.resolve("var"), "unix:mode")).isEqualTo(040700);
  }

  @Test
  void attributesThatCannotBeFound_areAnErrorThatNamesTheLayer() throws Exception {
    add(root().add("tmp", with(01777)));
    add(root().add("tmp", root().from(AttributeSource.UNKNOWN)));

    assertThatThrownBy(() -> LayerStack.lower(layers, trees))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(FakeLayers.digest(2))
        .hasMessageContaining("from the layers below");
  }
}
