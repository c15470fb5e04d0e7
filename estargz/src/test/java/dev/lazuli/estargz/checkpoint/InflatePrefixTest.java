package dev.lazuli.estargz.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.zip.Inflater;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InflatePrefixTest {
  /** The last block: of fixed codes, with the literal "a", 8 bits, and its end, 7 bits. */
  private static final String BLOCK = "1" + "10" + "10010001" + "0000000";

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void aStreamThatBeginsWithinAByte_isInflatedFromThere(int bit) throws Exception {
    for (int before : new int[] {0, 0xff}) {
      byte[] stream = new byte[5];
      stream[0] = (byte) (before & ((1 << bit) - 1));
      for (int i = 0; i < BLOCK.length(); i++) {
        int at = bit + i;
        stream[at / 8] |= (byte) ((BLOCK.charAt(i) - '0') << (at % 8));
      }
      assertThat(inflated(InflatePrefix.of(stream[0], bit), stream)).containsExactly('a');
    }
  }

  private static byte[] inflated(byte[] prefix, byte[] stream) throws Exception {
    var out = new byte[10];
    try (var inflater = new Inflater(/* nowrap= */ true)) {
      inflater.setInput(prefix);
      int count = inflater.inflate(out);
      inflater.setInput(stream, 1, stream.length - 1);
      count += inflater.inflate(out, count, out.length - count);
      assertThat(inflater.finished()).isTrue();
      return Arrays.copyOf(out, count);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 8})
  void noOtherBitIsInTheMiddleOfAByte(int bit) {
    assertThatThrownBy(() -> InflatePrefix.of(0, bit)).isInstanceOf(IllegalArgumentException.class);
  }
}
