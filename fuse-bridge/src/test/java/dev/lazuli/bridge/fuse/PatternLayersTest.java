package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class PatternLayersTest {
  @Test
  void whatIsFilledInBlocks_isTheByteOfEachPlace() {
    var random = new Random(1);
    for (int round = 0; round < 50; round++) {
      long slot = random.nextLong(1, 1000);
      long offset = random.nextLong(1L << 34);
      byte[] bytes = PatternLayers.bytes(slot, offset, 1 + random.nextInt(20_000));
      for (int i = 0; i < bytes.length; i++) {
        assertThat(bytes[i]).isEqualTo(PatternLayers.byteAt(slot, offset + i));
      }
    }
  }
}
