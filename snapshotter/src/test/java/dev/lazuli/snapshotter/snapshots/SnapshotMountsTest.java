package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.layers.LayerEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What containers and views of snapshots are told to mount. */
final class SnapshotMountsTest extends SnapshotterRig {
  @Test
  void container_isAnOverlayOfMountedLayers() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);

    var mount = snapshotter.prepare("container", "chain2", Map.of());

    var own = root.resolve("snapshots/3");
    assertThat(mount.getType()).isEqualTo("overlay");
    assertThat(mount.getOptionsList())
        .startsWith(
            "workdir=" + own.resolve("work"),
            "upperdir=" + own.resolve("fs"),
            "lowerdir=/mounts/0002:/mounts/0001");
    assertThat(snapshotter.mounts("container")).isEqualTo(mount);
  }

  /** Overlayfs wants two directories at least; in a bind mount whiteouts would be seen. */
  @Test
  void viewOfOneMountedLayer_isAnOverlayOverNothing() throws IOException {
    prepareLayer("chain1", "", BASE);

    var mount = snapshotter.view("look", "chain1", Map.of());

    var own = root.resolve("snapshots/2/fs");
    assertThat(mount.getType()).isEqualTo("overlay");
    assertThat(mount.getOptionsList()).startsWith("lowerdir=/mounts/0001:" + own);
    assertThat(own).isEmptyDirectory();
    assertThat(snapshotter.mounts("look")).isEqualTo(mount);
  }

  @Test
  void viewOfOneUnpackedLayer_isABindMount() throws IOException {
    snapshotter.prepare("extract", "", Map.of());
    snapshotter.commit("base", "extract", "", Map.of());

    var mount = snapshotter.view("look", "base", Map.of());

    assertThat(mount.getSource()).isEqualTo(root.resolve("snapshots/1/fs").toString());
    assertThat(mount.getOptionsList()).containsExactly("ro", "rbind");
  }

  @Test
  void layerThatOccursTwice_isNamedOnceWhereItIsNearest() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);
    prepareLayer("chain3", "chain2", BASE);
    prepareLayer("chain4", "chain3", BASE);

    var mount = snapshotter.prepare("container", "chain4", Map.of());
    var view = snapshotter.view("look", "chain4", Map.of());

    assertThat(mount.getOptionsList()).contains("lowerdir=/mounts/0001:/mounts/0002");
    assertThat(view.getOptionsList()).containsExactly("lowerdir=/mounts/0001:/mounts/0002");
  }

  @Test
  void directoriesWithoutEntries_lookAsTheyDoBelow() throws IOException {
    layers.roots.put(BASE, new FakeDirectory().add("tmp", sticky()));
    layers.roots.put(TOP, new FakeDirectory().add("tmp", implied()));
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);

    var tree = root.resolve("snapshots/2/fs");
    var lowers = "lowerdir=" + tree + ":/mounts/0002:/mounts/0001";
    assertThat(Files.getAttribute(tree.resolve("tmp"), "unix:mode")).isEqualTo(041777);
    assertThat(snapshotter.prepare("container", "chain2", Map.of()).getOptionsList())
        .contains(lowers);
    close();
    open();
    assertThat(snapshotter.mounts("container").getOptionsList()).contains(lowers);
    snapshotter.remove("container");
    snapshotter.remove("chain2");
    snapshotter.cleanup();
    assertThat(root.resolve("snapshots")).isEmptyDirectory();
  }

  @Test
  void manyLayersWithInheritedDirectories_needOneTree() throws IOException {
    layers.roots.put(BASE, new FakeDirectory().add("tmp", sticky()));
    prepareLayer("chain1", "", BASE);
    for (int i = 2; i <= 127; i++) {
      layers.roots.put(FakeLayers.digest(i), new FakeDirectory().add("tmp", implied()));
      prepareLayer("chain" + i, "chain" + (i - 1), FakeLayers.digest(i));
    }

    var options = snapshotter.prepare("container", "chain127", Map.of()).getOptionsList();

    var lower = options.stream().filter(o -> o.startsWith("lowerdir=")).findFirst().orElseThrow();
    assertThat(lower.substring("lowerdir=".length()).split(":", -1))
        .hasSize(128)
        .startsWith(root.resolve("snapshots/127/fs").toString());
  }

  @Test
  void layerAboveAnUnpackedOne_takesItsDirectoriesAttributes() throws IOException {
    snapshotter.prepare("extract", "", Map.of());
    var tmp = Files.createDirectory(root.resolve("snapshots/1/fs/tmp"));
    Files.setAttribute(tmp, "unix:mode", 01777);
    Files.createSymbolicLink(root.resolve("snapshots/1/fs/link"), Path.of("tmp"));
    snapshotter.commit("base", "extract", "", Map.of());
    layers.roots.put(TOP, new FakeDirectory().add("tmp", implied()).add("link", implied()));

    prepareLayer("chain2", "base", TOP);

    var tree = root.resolve("snapshots/2/fs");
    assertThat(tree).isDirectoryNotContaining("glob:**link");
    assertThat(Files.getAttribute(tree.resolve("tmp"), "unix:mode")).isEqualTo(041777);
  }

  @Test
  void attributesThatCannotBeFound_leaveTheLayerToTheClient() throws IOException {
    layers.roots.put(BASE, new FakeDirectory().add("tmp", sticky()));
    layers.roots.put(
        TOP, new FakeDirectory().add("tmp", implied().from(LayerEntry.AttributeSource.UNKNOWN)));
    prepareLayer("chain1", "", BASE);

    var mount = snapshotter.prepare("extract", "chain1", labels("chain2", TOP));

    assertThat(mount.getType()).isEqualTo("overlay");
    assertThat(layers.openClaims(TOP)).isZero();
    assertThat(snapshotter.troubles().list())
        .singleElement()
        .satisfies(trouble -> assertThat(trouble.reason()).contains(TOP, "earlier version", "tmp"));
  }

  private static FakeDirectory sticky() {
    return new FakeDirectory().with(FakeDirectory.attributes(01777, 0));
  }

  private static FakeDirectory implied() {
    return new FakeDirectory().from(LayerEntry.AttributeSource.IMPLIED);
  }

  @Test
  void viewOfOneLayerThatOccursTwice_isThatLayer() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", BASE);

    assertThat(snapshotter.view("look", "chain2", Map.of()).getOptionsList())
        .contains("lowerdir=/mounts/0001:" + root.resolve("snapshots/3/fs"));
  }
}
