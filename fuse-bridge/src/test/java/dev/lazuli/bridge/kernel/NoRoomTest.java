package dev.lazuli.bridge.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoRoomTest {
  @Test
  void writeToAFullDevice_isForLackOfRoom() {
    var failure = catchThrowable(() -> Files.writeString(Path.of("/dev/full"), "x"));

    assertThat(failure).isInstanceOf(IOException.class);
    assertThat(NoRoom.caused(failure)).isTrue();
    assertThat(NoRoom.caused(new UncheckedIOException((IOException) failure))).isTrue();
    assertThat(NoRoom.caused(new IOException("write of x failed: " + failure.getMessage())))
        .isTrue();
  }

  @Test
  void systemCall_isJudgedByItsNumber() {
    assertThat(NoRoom.caused(new ErrnoException("open", Errno.EDQUOT))).isTrue();
    assertThat(NoRoom.caused(new ErrnoException("open", Errno.ENOSPC))).isTrue();
    assertThat(NoRoom.caused(new ErrnoException("open", Errno.EROFS))).isFalse();
  }

  @Test
  void otherFailures_areNot() {
    assertThat(NoRoom.caused(new NoSuchFileException("/x"))).isFalse();
    assertThat(NoRoom.caused(new IOException())).isFalse();
    assertThat(NoRoom.caused(new IllegalStateException("No space left on device"))).isFalse();
  }

  @Test
  void reservedRange_takesDiskButNoSize(@TempDir Path directory) throws IOException {
    var file = Files.createFile(directory.resolve("file"));

    FileHoles.reserve(file, 0, 1 << 20);

    assertThat(Files.size(file)).isZero();
    assertThat(blocks(file)).isGreaterThanOrEqualTo((1 << 20) / 512);
  }

  private static long blocks(Path file) throws IOException {
    var stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    return Long.parseLong(new String(stat.getInputStream().readAllBytes(), US_ASCII).strip());
  }
}
