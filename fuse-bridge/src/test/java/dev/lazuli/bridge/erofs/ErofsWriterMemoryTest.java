package dev.lazuli.bridge.erofs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ErofsWriterMemoryTest {
  @Test
  void millionInodes_areWrittenWithAHeapOf16MiB(@TempDir Path dir) throws Exception {
    Path image = dir.resolve("meta.erofs");
    var process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-Xmx16m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                ManyFiles.class.getName(),
                "1000000",
                image.toString())
            .inheritIO()
            .start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
    assertThat(image.toFile().length()).isBetween(100L << 20, 200L << 20);
  }
}
