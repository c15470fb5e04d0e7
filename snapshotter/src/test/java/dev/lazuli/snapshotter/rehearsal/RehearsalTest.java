package dev.lazuli.snapshotter.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RehearsalTest {
  @TempDir private Path state;

  @Test
  void rehearsal_pullsTheImage_andLeavesNothing() throws Exception {
    var left = Files.createDirectories(state.resolve("rehearsal/tmp/of-a-daemon-that-was-killed"));
    try (var rehearsal = Rehearsal.start(state)) {
      assertThat(rehearsal.await()).isTrue();
    }

    assertThat(left).doesNotExist();
    assertThat(state).isEmptyDirectory();
  }

  @Test
  void rehearsalWithoutAPlace_endsQuietly() throws Exception {
    var file = Files.createFile(state.resolve("file"));
    try (var rehearsal = Rehearsal.start(file)) {
      assertThat(rehearsal.await()).isFalse();
    }
  }

  @Test
  void rehearsalWithoutAThread_endsQuietly() throws Exception {
    ThreadFactory none =
        _ ->
            new Thread() {
              @Override
              public void start() {
                throw new OutOfMemoryError("unable to create native thread");
              }
            };
    try (var rehearsal = Rehearsal.start(state, none)) {
      assertThat(rehearsal.await()).isFalse();
    }
  }

  @Test
  void rehearsalThatIsClosed_endsAndLeavesNothing() throws Exception {
    var rehearsal = Rehearsal.start(state);
    try (rehearsal) {
      assertThat(state).exists();
    }
    var _ = rehearsal.await();

    assertThat(state).isEmptyDirectory();
  }
}
