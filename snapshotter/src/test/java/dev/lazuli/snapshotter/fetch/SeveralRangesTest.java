package dev.lazuli.snapshotter.fetch;

import static dev.lazuli.snapshotter.fetch.FetchRig.SMALL;
import static dev.lazuli.snapshotter.fetch.FetchRig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests of several ranges: when they are made, and what becomes of them. */
@Timeout(60)
final class SeveralRangesTest extends SeveralRangesRig {
  /** Where something is tried again after a while. */
  private LayerFetch attachInTime(FetchOptions options) throws IOException {
    return rig.scheduler(options).attach(data, source, Compression.GZIP);
  }

  private void assertExactlyPresent(List<ChunkRun> runs) throws IOException {
    for (ChunkRun run : runs) {
      assertThat(blob.isRight(data, run.from())).isTrue();
    }
    assertThat(data.presentCount()).isEqualTo(runs.size());
  }

  @Test
  void scatteredList_isOneRequest() throws Exception {
    LayerFetch fetch = attach(SMALL);

    await(fetch.prefetch(scattered(3)));

    assertExactlyPresent(scattered(3));
    assertThat(source.requests).hasValue(1);
    assertThat(source.ranges).hasSize(10);
  }

  @Test
  void sourceOfSingleRanges_isAskedForEach() throws Exception {
    source.rangesAtOnce = 1;
    LayerFetch fetch = attach(SMALL);

    await(fetch.prefetch(scattered(3)));

    assertExactlyPresent(scattered(3));
    assertThat(source.requests).hasValue(10);
  }

  @Test
  void secondListBetweenTheFirst_isOneRequestForWhatIsNotOnItsWay() throws Exception {
    var gate = new CountDownLatch(1);
    source.onOpen = (_, _) -> gate.await();
    LayerFetch fetch = attach(SMALL);
    var both = new ArrayList<ChunkRun>();
    for (int chunk = 3; chunk < blob.count(); chunk += STEP) {
      both.add(new ChunkRun(chunk, chunk + 1));
      both.add(new ChunkRun(chunk + STEP / 2, chunk + STEP / 2 + 1));
    }

    CompletableFuture<Void> first = fetch.prefetch(scattered(3));
    CompletableFuture<Void> second = fetch.prefetch(both);
    gate.countDown();
    await(first);
    await(second);

    assertExactlyPresent(both);
    assertThat(source.requests).hasValue(2);
  }

  @Test
  void rangesOfARequest_areLimited() throws Exception {
    source.rangesAtOnce = 4;
    LayerFetch fetch = attach(SMALL.withStreams(2, 1, 1));

    await(fetch.prefetch(scattered(3)));

    assertExactlyPresent(scattered(3));
    assertThat(source.requests).hasValue(3);
  }

  @Test
  void bytesOfARequest_areLimited() throws Exception {
    LayerFetch fetch = attach(SMALL.withSizes(16 << 10, 16 << 10, 32 << 10, 1 << 20));

    await(fetch.prefetch(scattered(3)));

    assertExactlyPresent(scattered(3));
    assertThat(source.requests.get()).isBetween(3, 5);
  }

  @Test
  void sourceThatTurnsOutToBeOfSingleRanges_givesTheOthersToStreamsOfTheirOwn() throws Exception {
    source.singleAfterAll = true;
    CountDownLatch held = holdAt(3);
    LayerFetch fetch = attachInTime(SMALL);

    CompletableFuture<Void> all = fetch.prefetch(scattered(3));
    Eventually.until(() -> data.presentCount() >= 9);
    assertThat(data.isPresent(3)).isFalse();
    held.countDown();
    await(all);

    assertExactlyPresent(scattered(3));
    assertThat(source.requests).hasValue(10);
  }

  @Test
  void failureInOneRange_keepsThoseBefore_andRepeatsTheRest() throws Exception {
    var failed = new AtomicBoolean();
    source.onPiece =
        (at, _) -> {
          if (at == blob.blobOffset(3 + 3 * STEP) && !failed.getAndSet(true)) {
            throw new IOException("reset by peer");
          }
        };
    LayerFetch fetch = attachInTime(SMALL);

    await(fetch.prefetch(scattered(3)));

    assertExactlyPresent(scattered(3));
    assertThat(source.requests).hasValue(2);
    assertThat(timesAsked(3 + 2 * STEP)).isEqualTo(1);
    assertThat(timesAsked(3 + 3 * STEP)).isEqualTo(2);
  }

  @Test
  void silenceInOneRange_isGivenUp_andTheRestRepeated() throws Exception {
    var silent = new AtomicBoolean();
    source.onPiece =
        (at, _) -> {
          if (at == blob.blobOffset(3 + 3 * STEP) && !silent.getAndSet(true)) {
            TestSource.SILENCE.beforePiece(at, 0);
          }
        };
    LayerFetch fetch = attachInTime(SMALL.withStallTimeout(Duration.ofMillis(100)));

    await(fetch.prefetch(scattered(3)));

    assertExactlyPresent(scattered(3));
  }

  @Test
  void wrongBytesInOneRange_areToldToTheSource_andRepeated() throws Exception {
    source.onPiece =
        (at, _) -> {
          source.corrupt = at == blob.blobOffset(63) && timesAsked(63) == 1;
        };
    LayerFetch fetch = attachInTime(SMALL);

    await(fetch.prefetch(scattered(3)));

    assertExactlyPresent(scattered(3));
    assertThat(source.distrusted).hasValue(1);
  }

  @Test
  void detaching_endsARequestBetweenRanges() throws Exception {
    var _ = holdAt(43); // Nothing but the end lets the third range go on.
    LayerFetch fetch = attach(SMALL);
    CompletableFuture<Void> list = fetch.prefetch(scattered(3));
    Eventually.until(() -> data.isPresent(23));

    fetch.close();

    assertThatThrownBy(() -> await(list)).isInstanceOf(CancellationException.class);

    assertThat(data.isPresent(43)).isFalse();
  }

  @Test
  void background_asksForHolesTogether() throws Exception {
    LayerFetch fetch = attach(SMALL);
    var present = new ArrayList<ChunkRun>();
    for (int chunk = 0; chunk < blob.count(); chunk += STEP) {
      present.add(new ChunkRun(chunk, chunk + 15));
    }
    await(fetch.prefetch(present));
    int before = source.requests.get();

    fetch.background();
    await(fetch.completed());

    assertThat(blob.allRight(data)).isTrue();
    assertThat(source.requests.get() - before).isEqualTo(1);
    assertThat(source.ranges.stream().mapToLong(TestSource.Range::length).sum())
        .isEqualTo(blob.blob.length);
  }
}
