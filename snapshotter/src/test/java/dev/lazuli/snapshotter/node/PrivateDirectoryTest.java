package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PrivateDirectoryTest {
  @TempDir Path temp;

  @Test
  void newDirectory_isClosedToOthers() throws IOException {
    PrivateDirectory.make(temp.resolve("a/b"));

    assertThat(mode(temp.resolve("a/b"))).isEqualTo("rwx------");
  }

  @Test
  void oldDirectory_andWhatItNames_areClosedToOthers() throws IOException {
    var inside = Files.createDirectories(temp.resolve("root/layers"));
    open(inside);
    open(temp.resolve("root"));

    PrivateDirectory.make(temp.resolve("root"), "layers", "missing");

    assertThat(mode(temp.resolve("root"))).isEqualTo("rwx------");
    assertThat(mode(inside)).isEqualTo("rwx------");
    assertThat(temp.resolve("root/missing")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/tmp", "/run/", "/var/lib/../lib"})
  void sharedDirectory_isRefused_andLeftAsItIs(Path shared) throws IOException {
    var before = mode(shared);

    assertThatThrownBy(() -> PrivateDirectory.make(shared))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is shared with others");
    assertThat(mode(shared)).isEqualTo(before);
  }

  private static void open(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static String mode(Path directory) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(directory));
  }
}
