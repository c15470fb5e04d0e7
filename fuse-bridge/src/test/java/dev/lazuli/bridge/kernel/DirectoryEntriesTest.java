package dev.lazuli.bridge.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a file system that tells types; one that does not needs to be mounted first. */
class DirectoryEntriesTest {
  @TempDir Path directory;

  @Test
  void typesOfEntries_areKnown_howeverManyThereAre() throws Exception {
    Files.createFile(directory.resolve("file"));
    Files.createDirectory(directory.resolve("directory"));
    Files.createSymbolicLink(directory.resolve("link"), Path.of("nowhere"));
    assertThat(DirectoryEntries.haveTypes(directory)).isTrue();

    for (int i = 0; i < 2000; i++) {
      Files.createFile(directory.resolve("a rather long name of a file " + i));
    }
    assertThat(DirectoryEntries.haveTypes(directory)).isTrue();
  }

  @Test
  void emptyDirectory_cannotTell() {
    assertThatThrownBy(() -> DirectoryEntries.haveTypes(directory))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(directory.toString());
  }

  @Test
  void errors_sayWhatFailed() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));

    assertThatThrownBy(() -> DirectoryEntries.haveTypes(file))
        .isInstanceOf(ErrnoException.class)
        .hasMessage("getdents64(\"" + file + "\"): ENOTDIR");
  }
}
