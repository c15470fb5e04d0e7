package dev.lazuli.snapshotter.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.registry.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaceTest {
  @TempDir Path folder;

  @Test
  void whatIsThere_decidesWhatATextMeans() throws IOException {
    var file = Files.createFile(folder.resolve("layer"));
    var layout = Files.createDirectory(folder.resolve("layout"));

    assertThat(Place.existing(file.toString())).isEqualTo(new Place.File(file));
    assertThat(Place.existing(layout.toString()))
        .isEqualTo(new Place.Layout(layout, Optional.empty()));
    assertThat(Place.existing(layout + ":v1.2"))
        .isEqualTo(new Place.Layout(layout, Optional.of("v1.2")));
    assertThat(Place.existing("python:3"))
        .isEqualTo(new Place.Registry(ImageReference.parse("docker.io/library/python:3")));
    assertThatThrownBy(() -> Place.existing(folder + "/absent"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no such file or directory: " + folder + "/absent");
  }

  @Test
  void targets_followTheirSource() {
    var image = Place.existing("python:3");

    assertThat(Place.wanted("out", new Place.File(Path.of("in"))))
        .isEqualTo(new Place.File(Path.of("out")));
    assertThat(Place.wanted("./out", image))
        .isEqualTo(new Place.Layout(Path.of("./out"), Optional.empty()));
    assertThat(Place.wanted(folder + "/new:lazy", image))
        .isEqualTo(new Place.Layout(folder.resolve("new"), Optional.of("lazy")));
    assertThat(Place.wanted("host:5000/out", image))
        .isEqualTo(new Place.Registry(ImageReference.parse("host:5000/out:latest")));
  }

  @Test
  void prefixes_leaveNoDoubt() {
    assertThat(Place.wanted("oci:out:1", Place.existing("python:3")))
        .isEqualTo(new Place.Layout(Path.of("out"), Optional.of("1")));
    assertThat(Place.existing("docker://host:5000/a"))
        .isEqualTo(new Place.Registry(ImageReference.parse("host:5000/a:latest")));
  }

  @Test
  void tags_mayBeWholeNames() throws IOException {
    var layout = Files.createDirectory(folder.resolve("layout"));
    Files.createFile(layout.resolve("oci-layout"));
    var name = "docker.io/library/x:1";
    var image = Place.existing("python:3");

    for (var prefix : new String[] {"", "oci:"}) {
      assertThat(Place.existing(prefix + layout + ":" + name))
          .isEqualTo(new Place.Layout(layout, Optional.of(name)));
      assertThat(Place.wanted(prefix + layout + ":" + name, image))
          .isEqualTo(new Place.Layout(layout, Optional.of(name)));
      assertThat(Place.wanted(prefix + folder + "/new:" + name, image))
          .isEqualTo(new Place.Layout(folder.resolve("new"), Optional.of(name)));
      assertThat(Place.wanted(prefix + folder + "/new:localhost:5000/x:1", image))
          .isEqualTo(new Place.Layout(folder.resolve("new"), Optional.of("localhost:5000/x:1")));
    }
  }

  @Test
  void directories_mayHaveColons() throws IOException {
    var odd = Files.createDirectories(folder.resolve("a:b/c:d"));

    assertThat(Place.existing(odd.toString())).isEqualTo(new Place.Layout(odd, Optional.empty()));
    assertThat(Place.existing(odd + ":1")).isEqualTo(new Place.Layout(odd, Optional.of("1")));
    assertThat(Place.wanted(folder + "/a:b/new:1", Place.existing("python:3")))
        .isEqualTo(new Place.Layout(folder.resolve("a:b/new"), Optional.of("1")));
  }
}
