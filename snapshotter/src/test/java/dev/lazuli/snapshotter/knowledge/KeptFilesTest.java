package dev.lazuli.snapshotter.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class KeptFilesTest {
  private static final long QUOTA = 4000;
  private static final int SIZE = 100;

  private final Digest digest = Digest.sha256(new byte[] {1});

  @TempDir Path directory;

  private boolean add(long most, long spare) throws IOException {
    var files = new KeptFiles(directory, QUOTA, () -> spare, InstantSource.system());
    return files.add(digest, most, file -> file.write(ByteBuffer.allocate(SIZE)));
  }

  @ParameterizedTest
  @CsvSource({"1000000, 1000, true", "1000000, 999, false", "500, 500, true", "500, 499, false"})
  void file_isAddedOnlyWhereTheLargestPossibleLeavesTheReserveFree(
      long most, long spare, boolean isAdded) throws IOException {
    assertThat(add(most, spare)).isEqualTo(isAdded);

    assertThat(Files.exists(directory.resolve(digest.hex()))).isEqualTo(isAdded);
  }

  @Test
  void fullDisk_isNotWrittenTo() throws IOException {
    var files = new KeptFiles(directory, QUOTA, () -> -1, InstantSource.system());

    assertThat(files.add(digest, 1, _ -> failIfCalled())).isFalse();
  }

  private static void failIfCalled() {
    throw new AssertionError("written to a disk that has only its reserve free");
  }
}
