package dev.lazuli.bridge.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.MountProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A script stands for the program that mounts, and for whatever kills it. */
final class ServedBlobsTest {
  @TempDir Path directory;
  private Path runs;
  private Path target;

  @BeforeEach
  void prepare() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    runs = Files.createFile(directory.resolve("runs"));
    target = Files.createDirectory(directory.resolve("target"));
  }

  /** Mounts by a program that runs these lines of a shell, and notes each run. */
  private void mount(String lines) throws IOException {
    var file = directory.resolve("program");
    try (var served = ServedBlobs.with(file)) {
      Files.writeString(file, "#!/bin/sh\necho run >> %s\n%s\n".formatted(runs, lines));
      served.mountFile("image", target, "");
    }
  }

  @Test
  void programThatIsKilled_isRunOnceMore_andThenSaidToBeKilled() throws IOException {
    assertThatThrownBy(() -> mount("kill -9 $$"))
        .isInstanceOf(MountProgram.KilledException.class)
        .hasMessageContaining("killed by signal 9")
        .hasMessageContaining(target.toString());

    assertThat(runs).content().hasLineCount(2);
  }

  @Test
  void programThatIsKilledOnce_isBelievedWhenItIsRunAgain() throws IOException {
    mount("[ $(wc -l < %s) = 2 ] || kill -15 $$".formatted(runs));

    assertThat(runs).content().hasLineCount(2);
  }

  @Test
  void statusAbove128_isAnErrorNumber_notASignal() {
    assertThatThrownBy(() -> mount("exit 133"))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(133)); // EHWPOISON
    assertThatThrownBy(() -> mount("exit " + Errno.ENOENT)).isInstanceOf(ErrnoException.class);
    assertThat(runs).content().hasLineCount(2);
  }
}
