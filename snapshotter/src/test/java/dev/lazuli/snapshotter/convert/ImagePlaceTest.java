package dev.lazuli.snapshotter.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagePlaceTest {
  @TempDir Path folder;

  @Test
  void whatIsThere_decidesWhatATextMeans() throws IOException {
    var file = Files.createFile(folder.resolve("layer"));
    var layout = Files.createDirectory(folder.resolve("layout"));

    assertThat(ImagePlace.existing(file.toString())).isEqualTo(new ImagePlace.File(file));
    assertThat(ImagePlace.existing(layout.toString()))
        .isEqualTo(new ImagePlace.Layout(layout, Optional.empty()));
    assertThat(ImagePlace.existing(layout + ":v1.2"))
        .isEqualTo(new ImagePlace.Layout(layout, Optional.of("v1.2")));
    assertThat(ImagePlace.existing("python:3"))
        .isEqualTo(new ImagePlace.Registry(ImageReference.parse("docker.io/library/python:3")));
    assertThatThrownBy(() -> ImagePlace.existing(folder + "/absent"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no such file or directory: " + folder + "/absent");
  }

  @Test
  void targets_followTheirSource() {
    var image = ImagePlace.existing("python:3");

    assertThat(ImagePlace.wanted("out", new ImagePlace.File(Path.of("in"))))
        .isEqualTo(new ImagePlace.File(Path.of("out")));
    assertThat(ImagePlace.wanted("./out", image))
        .isEqualTo(new ImagePlace.Layout(Path.of("./out"), Optional.empty()));
    assertThat(ImagePlace.wanted(folder + "/new:lazy", image))
        .isEqualTo(new ImagePlace.Layout(folder.resolve("new"), Optional.of("lazy")));
    assertThat(ImagePlace.wanted("host:5000/out", image))
        .isEqualTo(new ImagePlace.Registry(ImageReference.parse("host:5000/out:latest")));
  }

  @Test
  void prefixes_leaveNoDoubt() {
    assertThat(ImagePlace.wanted("oci:out:1", ImagePlace.existing("python:3")))
        .isEqualTo(new ImagePlace.Layout(Path.of("out"), Optional.of("1")));
    assertThat(ImagePlace.existing("docker://host:5000/a"))
        .isEqualTo(new ImagePlace.Registry(ImageReference.parse("host:5000/a:latest")));
  }

  @Test
  void tags_mayBeWholeNames() throws IOException {
    var layout = Files.createDirectory(folder.resolve("layout"));
    Files.createFile(layout.resolve("oci-layout"));
    var name = "docker.io/library/x:1";
    var image = ImagePlace.existing("python:3");

    for (var prefix : new String[] {"", "oci:"}) {
      assertThat(ImagePlace.existing(prefix + layout + ":" + name))
          .isEqualTo(new ImagePlace.Layout(layout, Optional.of(name)));
      assertThat(ImagePlace.wanted(prefix + layout + ":" + name, image))
          .isEqualTo(new ImagePlace.Layout(layout, Optional.of(name)));
      assertThat(ImagePlace.wanted(prefix + folder + "/new:" + name, image))
          .isEqualTo(new ImagePlace.Layout(folder.resolve("new"), Optional.of(name)));
      assertThat(ImagePlace.wanted(prefix + folder + "/new:localhost:5000/x:1", image))
          .isEqualTo(
              new ImagePlace.Layout(folder.resolve("new"), Optional.of("localhost:5000/x:1")));
    }
  }

  @Test
  void directories_mayHaveColons() throws IOException {
    var odd = Files.createDirectories(folder.resolve("a:b/c:d"));

    assertThat(ImagePlace.existing(odd.toString()))
        .isEqualTo(new ImagePlace.Layout(odd, Optional.empty()));
    assertThat(ImagePlace.existing(odd + ":1"))
        .isEqualTo(new ImagePlace.Layout(odd, Optional.of("1")));
    assertThat(ImagePlace.wanted(folder + "/a:b/new:1", ImagePlace.existing("python:3")))
        .isEqualTo(new ImagePlace.Layout(folder.resolve("a:b/new"), Optional.of("1")));
  }
}
