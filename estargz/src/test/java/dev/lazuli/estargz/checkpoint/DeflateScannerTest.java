package dev.lazuli.estargz.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;

final class DeflateScannerTest {
  private static final int STREAMS = 60;
  private static final int HEADER = 10;
  private static final int NAME = "layer.tar".length() + 1;

  @Test
  void afterEachPiece_asMuchHasComeOut_asOfTheInflater() throws DataFormatException {
    long seed = Long.getLong("lazuli.scanner.seed", System.nanoTime());
    System.out.println("lazuli.scanner.seed=" + seed);
    for (int i = 0; i < STREAMS; i++) {
      check(new Random(seed + i));
    }
  }

  private static void check(Random random) throws DataFormatException {
    var gzip = RandomGzip.of(random, RandomGzip.content(random, 1 + random.nextInt(300_000)));
    int most = 1 + random.nextInt(random.nextBoolean() ? 100 : 40_000);
    var scanner = new DeflateScanner();
    scanner.begin(0, new ReferredBytes());
    var out = new byte[50_000];
    try (var inflater = new Inflater(/* nowrap= */ true)) {
      for (int at = gzip[3] == 0 ? HEADER : HEADER + NAME; !inflater.finished(); ) {
        int count = Math.min(1 + random.nextInt(most), gzip.length - at);
        scanner.scan(ByteBuffer.wrap(gzip, at, count));
        inflater.setInput(gzip, at, count);
        while (inflater.inflate(out) > 0) {}
        assertThat(scanner.out()).isEqualTo(inflater.getBytesWritten());
        assertThat(scanner.isBroken()).isFalse();
        at += count;
      }
    }
  }
}
