package dev.lazuli.snapshotter.fetch;

import static dev.lazuli.snapshotter.fetch.FetchRig.GROWING;
import static dev.lazuli.snapshotter.fetch.FetchRig.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.fetch.TestSource.Behaviour;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A layer that the images of two registries share: whatever the first one does, readers get their
 * bytes from the second, after one try.
 */
@Timeout(60)
final class NextRegistryTest {
  private static final Duration LONGER_THAN_A_STALL = Duration.ofSeconds(16);

  @RegisterExtension final FetchRig rig = new FetchRig();

  private static final int CHUNKS = 60;

  private final TestBlob blob = new TestBlob(50, CHUNKS, 20_000, 1);
  private final TestSource first = new TestSource(blob.blob);
  private final TestSource second = new TestSource(blob.blob);
  private final AtomicLong now = new AtomicLong();

  /** What is wrong with the first registry. */
  enum Trouble {
    REFUSES,
    DOES_NOT_ANSWER,
    BREAKS_OFF,
    FALLS_SILENT,
    DRIPS
  }

  private void later(Duration time) {
    now.addAndGet(time.toNanos());
  }

  private void begin(Trouble trouble) {
    Behaviour failing =
        (_, delivered) -> {
          if (delivered > 0 || trouble == Trouble.REFUSES) {
            throw new IOException("connection reset");
          }
        };
    switch (trouble) {
      case REFUSES -> first.onOpen = failing;
      case DOES_NOT_ANSWER -> first.onOpen = TestSource.SILENCE;
      case BREAKS_OFF -> {
        first.pieceBytes = 1000;
        first.onPiece = failing;
      }
      case FALLS_SILENT -> first.onPiece = TestSource.SILENCE;
      case DRIPS -> {
        first.pieceBytes = 100;
        first.onPiece =
            (at, delivered) -> {
              later(Duration.ofSeconds(1));
              if (delivered == 4000) { // After 40 s by our clock, at whose end somebody looks.
                TestSource.SILENCE.beforePiece(at, delivered);
              }
            };
      }
    }
  }

  private SharedBlob shared() throws IOException {
    Map<String, BlobSource> registries = Map.of("first/x", first, "second/y", second);
    return new SharedBlob(
        reference -> requireNonNull(registries.get(reference)),
        "first/x",
        () -> List.of("first/x", "second/y"));
  }

  @ParameterizedTest
  @EnumSource
  void registryThatDoesNotDeliver_isAskedOnce_andTheOtherHasTheRest(Trouble trouble)
      throws Exception {
    begin(trouble);
    LayerData data = rig.add(blob);
    var scheduler = rig.scheduler(GROWING.withReadDeadline(Duration.ofHours(1)), now::get);
    LayerFetch fetch = scheduler.attach(data, shared(), Compression.GZIP);

    var reader = fetch.demand(0, 1);
    Eventually.until(() -> first.requests.get() > 0);
    if (trouble == Trouble.DOES_NOT_ANSWER || trouble == Trouble.FALLS_SILENT) {
      later(LONGER_THAN_A_STALL);
    }
    Eventually.until(
        () -> {
          later(Duration.ofMillis(10)); // For the pause before the next try.
          return reader.isDone();
        });
    await(reader);
    await(fetch.demand(CHUNKS - 1, CHUNKS));

    assertThat(first.requests).hasValue(1);
    assertThat(blob.isRight(data, 0)).isTrue();
    assertThat(blob.isRight(data, CHUNKS - 1)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(names = {"DOES_NOT_ANSWER", "FALLS_SILENT"})
  void registryThatStallsTwoStreamsAtOnce_isLeftForTheOther(Trouble trouble) throws Exception {
    begin(trouble);
    LayerData data = rig.add(blob);
    var scheduler = rig.scheduler(GROWING.withReadDeadline(Duration.ofHours(1)), now::get);
    LayerFetch fetch = scheduler.attach(data, shared(), Compression.GZIP);

    var one = fetch.demand(0, 1);
    var another = fetch.demand(CHUNKS - 1, CHUNKS);
    Eventually.until(() -> first.requests.get() == 2);
    later(LONGER_THAN_A_STALL);
    Eventually.until(
        () -> {
          later(Duration.ofMillis(10)); // For the pause before the next try.
          return one.isDone() && another.isDone();
        });
    await(one);
    await(another);

    assertThat(first.requests).hasValue(2);
    assertThat(first.brokenOff).hasValue(2);
    assertThat(second.brokenOff).hasValue(0);
  }

  @Test
  void streamThatIsEndedForNoFaultOfTheRegistry_isNotHeldAgainstIt() throws Exception {
    first.onPiece = TestSource.SILENCE;
    LayerData data = rig.add(blob);
    var scheduler = rig.scheduler(GROWING, now::get);
    try (LayerFetch fetch = scheduler.attach(data, shared(), Compression.GZIP)) {
      fetch.background();
      Eventually.until(() -> first.open.get() > 0);
    }

    assertThat(first.brokenOff).hasValue(0);
  }
}
