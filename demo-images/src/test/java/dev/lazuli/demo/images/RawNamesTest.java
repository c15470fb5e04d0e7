package dev.lazuli.demo.images;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RawNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "déjà", "\uD83D\uDE00", "a\udcffb", "\udc80"})
  void decode_isTheReverseOfEncode(String name) {
    assertThat(RawNames.decode(RawNames.encode(name))).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(ints = {0x80, 0xC3, 0xFF})
  void escapedByte_isThatByte(int value) {
    assertThat(RawNames.encode(Character.toString(0xDC00 + value))).containsExactly((byte) value);
  }
}
