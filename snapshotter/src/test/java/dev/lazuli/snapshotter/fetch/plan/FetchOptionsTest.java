package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FetchOptionsTest {
  @ParameterizedTest
  @CsvSource({"1, 1, 3, 4", "2, 1, 3, 4", "4, 3, 4, 4", "6, 3, 6, 6", "64, 3, 6, 6"})
  void wholeLayers_areDecodedOnAllProcessors_andReadersKeepAQuarterOfTheStreams(
      int processors, int background, int low, int perLayer) {
    var options = FetchOptions.DEFAULT.withProcessors(processors);

    assertThat(options.streams()).isEqualTo(8);
    assertThat(options.backgroundStreams()).isEqualTo(background);
    assertThat(options.lowStreams()).isEqualTo(low);
    assertThat(options.streamsPerLayer()).isEqualTo(perLayer);
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "3, 2", "5, 4", "16, 12"})
  void fewStreams_leaveOneToReaders(int streams, int low) {
    var options = FetchOptions.DEFAULT.withMemoryForStreams(streams, 1, 1).withProcessors(64);

    assertThat(options.lowStreams()).isEqualTo(Math.min(low, options.streams() - 1));
  }
}
