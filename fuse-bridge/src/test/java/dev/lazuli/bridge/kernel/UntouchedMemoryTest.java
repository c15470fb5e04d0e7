package dev.lazuli.bridge.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class UntouchedMemoryTest {
  private static final long SIZE = 64 << 20;

  @Test
  void memory_isAlignedZeroAndWritable() {
    var memory = UntouchedMemory.allocate(SIZE, 4096);

    assertThat(memory.byteSize()).isEqualTo(SIZE);
    assertThat(memory.address() % 4096).isZero();
    assertThat(memory.get(JAVA_BYTE, 0)).isZero();
    assertThat(memory.get(JAVA_BYTE, SIZE - 1)).isZero();
    memory.set(JAVA_BYTE, SIZE - 1, (byte) 7);
    assertThat(memory.get(JAVA_BYTE, SIZE - 1)).isEqualTo((byte) 7);
  }

  @Test
  void memory_isResidentOnlyWhereItWasTouched() throws IOException {
    long before = residentBytes();

    var memory = UntouchedMemory.allocate(SIZE, 4096);
    memory.set(JAVA_BYTE, SIZE / 2, (byte) 1);

    assertThat(residentBytes() - before).isLessThan(SIZE / 2);
    assertThat(memory.get(JAVA_BYTE, SIZE / 2)).isEqualTo((byte) 1);
  }

  private static long residentBytes() throws IOException {
    var pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1];
    return Long.parseLong(pages) * 4096;
  }
}
