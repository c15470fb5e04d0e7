package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

@SuppressWarnings("MustBeClosed") // what must fail gives nothing to close
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
  void mountsUnderWay_countWithWhatTheyWillOpen() throws Exception {
    var reserve = new DescriptorReserve(() -> 180, () -> 256);
    try (var _ = reserve.mounting()) {
      try (var _ = reserve.mounting()) {
        assertThatThrownBy(() -> reserve.mounting().close())
            .isInstanceOf(IOException.class)
            .hasMessageContaining("196 of at most 256 files are open or about to be");
        assertThatThrownBy(reserve::check).isInstanceOf(IOException.class);
      }
      reserve.mounting().close();
    }
    reserve.check();
  }

  @Test
  void thisProcess_hasNotReachedIt() {
    assertThatCode(new DescriptorReserve()::check).doesNotThrowAnyException();
  }
}
