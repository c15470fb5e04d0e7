package dev.lazuli.demo.images;

import java.math.BigDecimal;
import java.time.Instant;

/** Times in pax records: decimal seconds since the epoch, negative before it. */
final class PaxTime {
  private PaxTime() {}

  static String format(Instant time) {
    return BigDecimal.valueOf(time.getEpochSecond())
        .add(BigDecimal.valueOf(time.getNano(), 9))
        .stripTrailingZeros()
        .toPlainString();
  }
}
