package dev.lazuli.testimages.waiting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LiveDirectoryTest {
  @TempDir Path directory;

  @Test
  void filesAreListedAndCounted_directoriesAreNot() throws Exception {
    var inner = Files.createDirectories(directory.resolve("a/b"));
    Files.write(inner.resolve("f"), new byte[100_000]);

    assertThat(LiveDirectory.files(directory)).containsExactly(inner.resolve("f"));
    assertThat(LiveDirectory.diskBytes(directory)).isGreaterThanOrEqualTo(100_000);
    assertThat(LiveDirectory.files(directory.resolve("none"))).isEmpty();
    assertThatThrownBy(() -> LiveDirectory.diskBytes(directory.resolve("none")))
        .isInstanceOf(IOException.class);
  }

  @Test
  void whatGoesAwayDuringALook_isLeftOut() throws Exception {
    var kept = Files.createFile(directory.resolve("kept"));
    var stop = new AtomicBoolean();
    try (var other = Executors.newSingleThreadExecutor()) {
      var changes = other.submit(() -> comeAndGo(stop));
      try {
        for (int i = 0; i < 200; i++) {
          assertThat(LiveDirectory.files(directory)).contains(kept);
        }
        assertThat(LiveDirectory.diskBytes(directory)).isNotNegative();
      } finally {
        stop.set(true);
      }
      assertThat(changes.get()).isPositive();
    }
  }

  private int comeAndGo(AtomicBoolean stop) throws IOException {
    int i = 0;
    while (!stop.get()) {
      var made = Files.createDirectories(directory.resolve("d" + i++ % 10));
      var file = Files.createFile(made.resolve("f"));
      Files.delete(file);
      Files.delete(made);
    }
    return i;
  }
}
