package dev.lazuli.snapshotter.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lazuli mount} as its users start it. */
final class MountIT {
  @TempDir private Path place;
  private Path layout;
  private ImageBuilder image;

  @BeforeEach
  void begin() throws IOException {
    layout = place.resolve("layout");
    image = new ImageBuilder(OciLayout.at(layout)).encoding(LayerEncoding.ESTARGZ);
  }

  private LocalMount mount() throws IOException {
    var _ = image.build("1");
    return LocalMount.of(layout + ":1", place);
  }

  @Test
  void directoriesWithoutEntries_lookAsTheyDoBelow() throws IOException {
    image.layer(new ImageTree().directory("tmp").mode(01777).owner(5, 7));
    image.layer(new ImageTree().file("tmp/x", "x").file("tmp/new/y", "y"));

    try (var mount = mount()) {
      var tmp = mount.directory().resolve("tmp");
      assertThat(Files.getAttribute(tmp, "unix:mode")).isEqualTo(041777);
      assertThat(Files.getAttribute(tmp, "unix:uid")).isEqualTo(5);
      assertThat(tmp.resolve("new/y")).hasContent("y");
    }
  }

  @Test
  void layersWhosePathsFillMoreThanAPage_areMounted() throws IOException {
    for (int i = 0; i < 90; i++) {
      image.layer(new ImageTree().file("f" + i, "content " + i));
    }

    try (var mount = mount()) {
      assertThat(mount.directory().resolve("f0")).hasContent("content 0");
      assertThat(mount.directory().resolve("f89")).hasContent("content 89");
    }
  }
}
