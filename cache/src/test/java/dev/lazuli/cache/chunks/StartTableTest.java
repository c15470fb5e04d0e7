package dev.lazuli.cache.chunks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StartTableTest {
  private static final int STARTS = 200;

  @TempDir Path directory;

  private Path write() throws IOException {
    var file = directory.resolve("starts");
    try (var table = new StartTableBuilder(Disk.LOCAL, file)) {
      for (int i = 0; i < STARTS; i++) {
        table.add(10L * i, i % 9 - 1, 100L * i, window(i));
      }
      table.finish();
    }
    return file;
  }

  private static ByteBuffer window(int start) {
    return ByteBuffer.wrap(new byte[start % 9 == 0 ? 0 : start]);
  }

  @Test
  void starts_areFoundByTheirPlaceInTheBlob() throws IOException {
    var file = write();
    try (var arena = Arena.ofConfined()) {
      var table = StartTable.map(Disk.LOCAL, file, arena, true);
      assertThat(table.count()).isEqualTo(STARTS);
      for (int i = 0; i < STARTS; i++) {
        assertThat(table.find(10L * i)).isEqualTo(i);
        assertThat(table.find(10L * i + 1)).isEqualTo(-1);
        assertThat(table.blobOffset(i)).isEqualTo(10L * i);
        assertThat(table.tarOffset(i)).isEqualTo(100L * i);
        assertThat(table.bit(i)).isEqualTo(i % 9 - 1);
        assertThat(table.window(i)).isEqualTo(window(i));
      }
    }
    assertThat(StartTable.none().find(0)).isEqualTo(-1);
  }

  @Test
  void anyOtherByte_isFoundOut() throws IOException {
    var file = write();
    var right = Files.readAllBytes(file);
    int unused = 28;
    for (int at = 0; at < right.length; at += at < 64 ? 1 : 7) {
      if (at < unused || at >= unused + 4) {
        assertDamaged(file, right, at);
      }
    }
  }

  private static void assertDamaged(Path file, byte[] right, int at) throws IOException {
    var damaged = right.clone();
    damaged[at] ^= 0x41;
    Files.write(file, damaged);
    try (var arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> StartTable.map(Disk.LOCAL, file, arena, true))
          .as("byte %d", at)
          .isInstanceOf(CacheCorruptException.class);
    }
  }

  @Test
  void whatIsNotInOrder_isRefused() throws IOException {
    try (var table = new StartTableBuilder(Disk.LOCAL, directory.resolve("starts"))) {
      table.add(10, -1, 0, window(0));
      assertThatThrownBy(() -> table.add(10, -1, 1, window(0)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> table.add(11, 0, 1, window(0)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> table.add(11, -1, 1, window(1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
