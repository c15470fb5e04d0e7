package dev.lazuli.bridge.fuse;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.bridge.kernel.Pidfd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Records of keepers, of whatever content: a process that may exist and is no other, or an error.
 */
final class KeeperRecordFuzzTest {
  @FuzzTest(maxDuration = "30s")
  void keeper_record(byte[] content) throws IOException {
    Path folder = Files.createTempDirectory("lazuli");
    Path file = folder.resolve("keeper");
    try {
      Files.write(file, content);
      KeeperRecord record = requireNonNull(KeeperRecord.read(file));

      assertThat(record.pid()).isBetween(0L, (long) Integer.MAX_VALUE);
      assertThat(record.numbers().values()).allMatch(number -> number >= 0);
      assertFound(record);
      record.write(file);
      assertThat(KeeperRecord.read(file)).isEqualTo(record);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining(file + " is not a keeper's record");
    } finally {
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  /** Looks for the process, which hardly ever runs; one that had ended before is never found. */
  private static void assertFound(KeeperRecord record) throws IOException {
    try (Pidfd found = record.find()) {
      if (found != null) {
        assertThat(record.startTime()).isNotNegative();
      }
    }
  }
}
