package dev.lazuli.snapshotter.e2e.commands;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lazuli mount} as its users start it. */
final class MountIT {
  /** Of a mount, in a line of mountinfo. */
  private static final int OPTIONS = 5;

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

  /** {@code HostUsersIT} sees the same of the daemon's mounts. */
  @Test
  void whatIsMounted_isReadOnly_withoutSetuidAndDevices() throws IOException {
    image.layer(new ImageTree().file("x", "x"));
    image.layer(new ImageTree().file("y", "y"));
    var before = mounts();

    try (var _ = mount()) {
      var made = mounts();
      made.removeAll(before);
      assertThat(made)
          .anyMatch(line -> line.contains(" - overlay "))
          .anyMatch(line -> line.contains(" - erofs ") || line.contains(" - fuse"))
          .allSatisfy(
              line -> {
                var options = List.of(line.split(" ", -1)[OPTIONS].split(","));
                assertThat(options).as(line).contains("nosuid", "nodev");
                assertThat(options).as(line).contains(line.contains(" - fuse") ? "nosuid" : "ro");
              });
    }
  }

  /** Returns the mounts of ours, of other tests too, as proc(5) describes them. */
  private List<String> mounts() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo"), ISO_8859_1).stream()
        .filter(line -> line.contains("/lazuli-mount") || line.contains(place.toString()))
        .collect(Collectors.toCollection(ArrayList::new));
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
