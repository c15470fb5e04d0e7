package dev.lazuli.estargz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CompressionTest {
  @ParameterizedTest
  @EnumSource
  void nameInARecord_isFound(Compression compression) throws LayerFormatException {
    assertThat(Compression.named("layer", compression.name())).isEqualTo(compression);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "gzip", "BROTLI"})
  void nameOfAnotherVersion_isAnErrorThatNamesTheLayer(String name) {
    assertThatThrownBy(() -> Compression.named("sha256:ab", name))
        .isInstanceOf(LayerFormatException.class)
        .hasMessage(
            "layer sha256:ab: compression in its record is \"%s\", allowed: [GZIP, ZSTD, NONE]"
                .formatted(name));
  }
}
