package dev.lazuli.snapshotter.cli;

import static dev.lazuli.snapshotter.containerd.LayerProgress.MOUNTED;
import static dev.lazuli.snapshotter.containerd.LayerProgress.PRESENT;
import static dev.lazuli.snapshotter.containerd.LayerProgress.UNPACKED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RpullSummaryTest {
  @Test
  void summary_tellsWhatIsHereFromWhatWasPulledWhole() {
    assertThat(RpullCommand.summary("app", List.of(MOUNTED, MOUNTED)))
        .isEqualTo("app: 2 of 2 layers mounted");
    assertThat(RpullCommand.summary("app", List.of(PRESENT, PRESENT, PRESENT)))
        .isEqualTo("app: 0 of 3 layers mounted, 3 already here");
    assertThat(RpullCommand.summary("app", List.of(UNPACKED, PRESENT)))
        .isEqualTo("app: 0 of 2 layers mounted, 1 already here; lazuli status says why not all");
  }
}
