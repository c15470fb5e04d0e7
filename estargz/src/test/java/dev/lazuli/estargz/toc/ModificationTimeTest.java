package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ModificationTimeTest {
  private final ModificationTime time = new ModificationTime();
  private final TocEntry entry = new TocEntry();

  @Test
  void timesOfAFewDays_areThoseOfJava() {
    var random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      var text =
          "%04d-%02d-%02dT%02d:%02d:%02d.%d%s"
              .formatted(
                  2020 + random.nextInt(2),
                  1 + random.nextInt(2),
                  1 + random.nextInt(2),
                  random.nextInt(24),
                  random.nextInt(60),
                  random.nextInt(60),
                  random.nextInt(1000),
                  random.nextBoolean() ? "Z" : "-07:30");
      read(text);

      var expected = OffsetDateTime.parse(text).toInstant();
      assertThat(entry.mtimeSeconds).as(text).isEqualTo(expected.getEpochSecond());
      assertThat(entry.mtimeNanos).as(text).isEqualTo(expected.getNano());
    }
  }

  @Test
  void timeWithoutFraction_afterOneWithIt_hasNone() {
    read("2021-03-04T05:06:07.5Z");
    read("2021-03-04T05:06:07Z");

    assertThat(entry.mtimeNanos).isZero();
  }

  @Test
  void whatIsNoDate_isRefusedAlsoWhenItComesAgain() {
    for (var bad :
        new String[] {"\0".repeat(10), "2021-02-30", "2021-02-30", "2021-03-4x", "2021-03-4x"}) {
      assertThatThrownBy(() -> read(bad + "T05:06:07Z")).isInstanceOf(DateTimeException.class);
    }
    read("2021-03-04T05:06:07Z");

    assertThat(entry.mtimeSeconds).isEqualTo(1_614_834_367);
  }

  @Test
  void dateAlone_isRefused() {
    read("2021-03-04T05:06:07Z");

    assertThatThrownBy(() -> read("2021-03-04")).isInstanceOf(DateTimeException.class);
  }

  private void read(String text) {
    var bytes = new Utf8Buffer();
    bytes.append(text.getBytes(US_ASCII), 0, text.length());
    time.read(bytes, entry);
  }
}
