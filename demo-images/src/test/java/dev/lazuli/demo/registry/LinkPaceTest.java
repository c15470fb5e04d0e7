package dev.lazuli.demo.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The line's speed to the nanosecond, in a time of the test's own. */
final class LinkPaceTest {
  private static final long MILLI = 1_000_000;

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Random random = new Random(1);
  private long now = 1 << 20;
  private NetworkLink link;

  @BeforeEach
  void start() {
    channel.freezeTime();
    link = new NetworkLink(channel.eventLoop(), () -> now);
  }

  @AfterEach
  void stop() {
    var _ = channel.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20, 200, 600, 10_000})
  void body_takesWhatTheSpeedSays_howeverLateTimersAre(int megabits) {
    link.setProfile(LinkProfile.of(0, megabits));
    var body = new Body(megabits * 12_500);
    long start = now;

    body.send();
    runUntil(body);

    // 100 ms at any speed, and the last timer's delay.
    assertThat(body.endedAt - start).isCloseTo(105 * MILLI, within(5 * MILLI));
  }

  @Test
  void twoBodies_shareTheLineEvenly() {
    link.setProfile(LinkProfile.of(0, 160));
    var one = new Body(1_000_000);
    var other = new Body(1_000_000);
    long start = now;

    one.send();
    other.send();
    runUntil(one);
    runUntil(other);

    assertThat(one.endedAt - start).isCloseTo(105 * MILLI, within(7 * MILLI));
    assertThat(other.endedAt - start).isCloseTo(105 * MILLI, within(5 * MILLI));
  }

  @Test
  void idleLine_savesNothingUp() {
    link.setProfile(LinkProfile.of(0, 160));
    advance(1000 * MILLI);
    var body = new Body(1_000_000);
    long start = now;

    body.send();
    runUntil(body);

    assertThat(body.endedAt - start).isCloseTo(55 * MILLI, within(5 * MILLI));
  }

  private void runUntil(Body body) {
    while (body.left > 0) {
      advance(MILLI / 10 + random.nextLong(10 * MILLI));
    }
  }

  private void advance(long nanos) {
    now += nanos;
    channel.advanceTimeBy(nanos, TimeUnit.NANOSECONDS);
    channel.runScheduledPendingTasks();
  }

  /** Sends itself piece by piece, as the registry does. */
  private final class Body {
    private int left;
    private long endedAt;

    Body(int bytes) {
      left = bytes;
    }

    void send() {
      int piece = Math.min(left, link.pieceBytes());
      link.transmit(
          piece,
          () -> {
            left -= piece;
            if (left > 0) {
              send();
            } else {
              endedAt = now;
            }
          });
    }
  }
}
