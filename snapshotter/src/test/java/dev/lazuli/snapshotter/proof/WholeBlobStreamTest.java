package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.fetch.TestSource;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class WholeBlobStreamTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  /** 1 MiB, which comes in pieces of 16 KiB. */
  private final TestSource source = new TestSource(new byte[1 << 20]);

  private final AtomicLong now = new AtomicLong();
  private long leastRate = 1 << 10;

  private final class Pace implements WholeBlobStream.Pace {
    @Override
    public void before() {
      now.addAndGet(600 * SECOND); // Who stands aside is not slow.
    }

    @Override
    public void after(int bytes) {
      now.addAndGet(600 * SECOND);
    }

    @Override
    public long leastRate() {
      return leastRate;
    }

    @Override
    public long nanoTime() {
      return now.get();
    }
  }

  private void readAll() throws IOException {
    try (var stream = new WholeBlobStream(source, source.size(), new Pace(), new PassLife(), 0)) {
      long read = 0;
      for (var piece = stream.next(); piece != null; piece = stream.next()) {
        read += piece.remaining();
      }
      assertThat(read).isEqualTo(source.size());
    }
  }

  private void eachPieceTakes(int seconds) {
    source.onPiece = (_, _) -> now.addAndGet(seconds * SECOND);
  }

  @Test
  void slowLink_isReadToTheEnd() throws IOException {
    eachPieceTakes(15); // About 1.07 KiB per second.

    readAll();
  }

  @Test
  void dripOfBytes_endsTheStream() {
    eachPieceTakes(17);

    assertThatThrownBy(this::readAll).hasMessageContaining("too slow");
  }

  @Test
  void rateThatSufficesAlone_isTooLowWhereOthersWait() {
    eachPieceTakes(10);
    leastRate = 16 << 10;

    assertThatThrownBy(this::readAll).hasMessageContaining("too slow");
  }

  @Test
  void silence_endsTheStream_asADripDoes() {
    source.onOpen =
        (_, _) -> {
          now.addAndGet(75 * SECOND); // Five attempts of the registry's client.
          throw new IOException("no answer");
        };

    assertThatThrownBy(this::readAll).hasMessageContaining("too slow");
    assertThat(source.requests).hasValue(1);
  }

  @Test
  void dripOfOnePieceForEachRequest_endsTheStream() {
    source.onPiece =
        (_, delivered) -> {
          now.addAndGet(9 * SECOND);
          if (delivered > 0) {
            throw new IOException("broken off");
          }
        };

    assertThatThrownBy(this::readAll).hasMessageContaining("too slow");
  }
}
