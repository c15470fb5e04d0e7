package dev.lazuli.snapshotter.fetch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.ByteRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SharedBlobTest {
  private static final TestSource.Behaviour AWAY =
      (_, _) -> {
        throw new IOException("connection refused");
      };

  private final TestSource evil = new TestSource(new byte[100]);
  private final TestSource good = new TestSource(new byte[100]);
  private final List<String> images = new ArrayList<>(List.of("evil/x"));
  private final SharedBlob blob;

  SharedBlobTest() throws IOException {
    var registries = Map.of("evil/x", evil, "good/y", good);
    blob =
        new SharedBlob(
            image -> requireNonNull(registries.get(image)), "evil/x", () -> List.copyOf(images));
  }

  private void read(long offset) throws IOException {
    try (var ranges = blob.open(List.of(new ByteRange(offset, 10)))) {
      assertThat(ranges.next()).isNotNull();
    }
  }

  @Test
  void registryThatDoesNotAnswer_isLeftForTheNextOne() throws IOException {
    read(0);
    images.add("good/y");
    evil.onOpen = AWAY;

    read(10);
    read(20);

    assertThat(evil.requests).hasValue(2);
    assertThat(good.requests).hasValue(2);
  }

  @Test
  void registryThatSentWrongBytes_isLeft_andNotTheOneThatTookItsPlace() throws IOException {
    images.add("good/y");
    read(0);
    read(10);

    blob.wrongBytes(0, 10);
    blob.wrongBytes(10, 10);
    read(0);

    assertThat(evil.distrusted).hasValue(2);
    assertThat(good.distrusted).hasValue(0);
    assertThat(good.requests).hasValue(1);
  }

  @Test
  void registryWhoseRangeBrokeOff_isLeft_andNotTheOneThatTookItsPlace() throws IOException {
    images.add("good/y");
    read(0);
    read(10);

    blob.brokeOff(0, 10);
    blob.brokeOff(10, 10);
    read(20);

    assertThat(evil.brokenOff).hasValue(2);
    assertThat(good.brokenOff).hasValue(0);
    assertThat(good.requests).hasValue(1);
  }

  @Test
  void registryThatIsAskedAgainAndFails_isTheOneThatIsLeft() throws IOException {
    images.add("good/y");
    evil.onOpen = AWAY;
    read(0);
    evil.onOpen = (_, _) -> {};
    read(20);
    blob.brokeOff(20, 10); // Now the first is current again.

    evil.onOpen = (_, _) -> blob.brokeOff(0, 10); // As when a stream is ended while it is opened.
    read(0);
    evil.onOpen = AWAY;
    read(30);

    assertThat(evil.brokenOff).hasValue(1);
    assertThat(good.brokenOff).hasValue(1);
    assertThat(evil.ranges).doesNotContain(new TestSource.Range(30, 10));
  }

  @Test
  void registryThatSentSeveralRangesWrong_isLeftOnce() throws IOException {
    images.add("good/y");
    evil.rangesAtOnce = 2;
    good.rangesAtOnce = 2;
    var ranges = List.of(new ByteRange(0, 10), new ByteRange(20, 10));
    var others = List.of(new ByteRange(40, 10), new ByteRange(60, 10));
    try (var _ = blob.open(ranges);
        var _ = blob.open(others)) {
      blob.wrongBytes(20, 10);
      blob.wrongBytes(60, 10);
    }
    read(80);

    assertThat(evil.distrusted).hasValue(2);
    assertThat(good.distrusted).hasValue(0);
    assertThat(good.requests).hasValue(1);
  }

  @Test
  void rangeThatNobodyWasAskedFor_isHeldAgainstNobody() throws IOException {
    images.add("good/y");

    blob.wrongBytes(0, 10);
    read(0);

    assertThat(evil.distrusted).hasValue(0);
    assertThat(evil.requests).hasValue(1);
  }

  @Test
  void registryOfManyRepositories_isAskedOnce_beforeTheOther() throws IOException {
    images.addAll(List.of("evil/y", "evil/z", "good/y"));
    read(0);

    blob.brokeOff(0, 10);
    read(10);

    assertThat(good.ranges).containsExactly(new TestSource.Range(10, 10));
  }

  @Test
  void allRegistriesAway_failsWithTheFirstReason_untilOneIsBack() throws IOException {
    images.add("good/y");
    evil.onOpen = AWAY;
    good.onOpen = AWAY;
    assertThatThrownBy(() -> read(0)).hasMessageContaining("connection refused");

    evil.onOpen = (_, _) -> {};
    read(0);

    assertThat(evil.requests).hasValue(2);
    assertThat(good.requests).hasValue(1);
  }
}
