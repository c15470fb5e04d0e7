package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LowerNamesTest {
  @TempDir private Path directory;

  private List<Path> directories(int count) throws IOException {
    var made = new ArrayList<Path>();
    for (int i = 0; i < count; i++) {
      made.add(Files.createDirectory(directory.resolve("a-rather-long-name-" + i)));
    }
    return made;
  }

  @Test
  void fewDirectories_areNamedByTheirPaths() throws IOException {
    var two = directories(2);

    try (var names = LowerNames.of(two)) {
      assertThat(names.joined()).isEqualTo(two.getFirst() + ":" + two.getLast());
    }
  }

  @Test
  void manyDirectories_haveShortNamesThatMeanThem() throws IOException {
    var many = directories(128);

    try (var names = LowerNames.of(many)) {
      var found = new ArrayList<Path>();
      for (var name : names.joined().split(":", -1)) {
        found.add(Path.of(name).toRealPath());
      }
      assertThat(found).isEqualTo(many);
      assertThat("lowerdir=" + names.joined()).hasSizeLessThan(4096);
    }
  }

  @Test
  void manyDirectoriesOfWhichOneIsAway_areAnErrorThatNamesIt() throws IOException {
    var many = directories(128);
    Files.delete(many.getLast());

    assertThatThrownBy(
            () -> {
              try (var names = LowerNames.of(many)) {
                assertThat(names.joined()).isEmpty();
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessageContaining(many.getLast().toString());
  }
}
