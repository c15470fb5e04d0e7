package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.disk.CacheCorruptException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StateFileTest {
  private static final int MOST = 100;

  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void name() {
    path = directory.resolve("state");
  }

  @Test
  void text_isReadBack_andForItsOwnerAlone() throws IOException {
    var file = new StateFile(path, MOST);
    assertThat(file.read()).isEmpty();

    file.write("ä\n");
    file.write("ö\n");

    assertThat(new StateFile(path, MOST).read()).contains("ö\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void write_withAnyOperationFailing_leavesTheOldTextOrTheNew() throws IOException {
    new StateFile(path, MOST).write("old");
    int failures = 0;
    boolean written = false;
    for (int n = 0; !written; n++) {
      var disk = new FaultyDisk();
      disk.failAt(n, DiskFault.EIO, true);
      try {
        new StateFile(disk, path, MOST).write("new");
        written = !disk.struck();
      } catch (IOException e) {
        failures++;
      }
      assertThat(new StateFile(path, MOST).read().orElseThrow()).isIn("old", "new");
    }
    // Delete, create, write, sync; rename, and both steps of the directory's sync.
    assertThat(failures).isGreaterThanOrEqualTo(6);
    assertThat(new StateFile(path, MOST).read()).contains("new");
  }

  @Test
  void fileThatIsTooLargeOrNoText_isCorrupt() throws IOException {
    Files.write(path, new byte[MOST + 1]);
    assertThatThrownBy(() -> new StateFile(path, MOST).read())
        .isInstanceOf(CacheCorruptException.class)
        .hasMessageContaining(path.toString());

    Files.write(path, new byte[] {(byte) 0xff});
    assertThatThrownBy(() -> new StateFile(path, MOST).read())
        .isInstanceOf(CacheCorruptException.class);
  }
}
