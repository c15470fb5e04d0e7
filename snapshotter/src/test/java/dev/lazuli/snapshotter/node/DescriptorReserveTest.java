package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class DescriptorReserveTest {
  @Test
  void layers_areRefusedWhileTheLastQuarterIsTouched() {
    var full = new DescriptorReserve(() -> 193, () -> 256);

    assertThatThrownBy(full::check)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("193 of at most 256 files are open");
  }

  @Test
  void layers_areMountedBelowIt_andWithoutALimit() {
    assertThatCode(new DescriptorReserve(() -> 192, () -> 256)::check).doesNotThrowAnyException();
    assertThatCode(new DescriptorReserve(() -> 9_999, () -> Long.MAX_VALUE)::check)
        .doesNotThrowAnyException();
  }

  @Test
  void thisProcess_hasNotReachedIt() {
    assertThatCode(new DescriptorReserve()::check).doesNotThrowAnyException();
  }
}
