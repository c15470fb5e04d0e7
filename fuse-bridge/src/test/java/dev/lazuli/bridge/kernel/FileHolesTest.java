package dev.lazuli.bridge.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileHolesTest {
  private static final int SIZE = 1 << 20;
  private static final int SECTOR = 512;

  @TempDir Path directory;
  private final byte[] content = new byte[SIZE];
  private Path file;

  @BeforeEach
  void write() throws IOException {
    new Random(1).nextBytes(content);
    file = Files.write(directory.resolve("file"), content);
    sync();
  }

  private void sync() throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private long diskBytes() throws Exception {
    var stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    return Long.parseLong(new String(stat.getInputStream().readAllBytes(), UTF_8).strip()) * SECTOR;
  }

  @Test
  void wholeBlocks_areFreed_andReadAsZeroes() throws Exception {
    long before = diskBytes();

    FileHoles.punch(file, 256 << 10, 512 << 10);

    sync();
    assertThat(before - diskBytes()).isGreaterThanOrEqualTo(500 << 10);
    Arrays.fill(content, 256 << 10, 768 << 10, (byte) 0);
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  @Test
  void partsOfBlocks_areZeroed_andNeighboursStay() throws Exception {
    FileHoles.punch(file, 1000, 5000);

    Arrays.fill(content, 1000, 6000, (byte) 0);
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  @Test
  void hole_isSeenThroughOpenChannels_andCanBeFilledAgain() throws Exception {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      FileHoles.punch(file, 4096, 4096);

      var read = ByteBuffer.allocate(4096);
      channel.read(read, 4096);
      assertThat(read.array()).containsOnly(0);
      channel.write(ByteBuffer.wrap(content, 4096, 4096), 4096);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  @Test
  void rangeBeyondTheEnd_changesNothing() throws Exception {
    FileHoles.punch(file, SIZE + 4096L, 1 << 20);
    FileHoles.punch(file, SIZE - 1L, 1 << 20);

    content[SIZE - 1] = 0;
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  @Test
  void errors_sayWhatFailed() {
    assertThatThrownBy(() -> FileHoles.punch(file, 0, 0))
        .isInstanceOf(ErrnoException.class)
        .hasMessage("fallocate(\"" + file + "\", PUNCH_HOLE, 0, 0): EINVAL");
    assertThatThrownBy(() -> FileHoles.punch(directory.resolve("none"), 0, 1))
        .hasMessageContaining("none")
        .hasMessageContaining("ENOENT");
  }
}
