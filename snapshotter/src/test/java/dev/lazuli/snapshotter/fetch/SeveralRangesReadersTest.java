package dev.lazuli.snapshotter.fetch;

import static dev.lazuli.snapshotter.fetch.FetchRig.SMALL;
import static dev.lazuli.snapshotter.fetch.FetchRig.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.testimages.waiting.Eventually;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readers of chunks that requests of several ranges carry. */
@Timeout(60)
final class SeveralRangesReadersTest extends SeveralRangesRig {
  @Test
  void waitingReaders_shareARequest_whenPermitsLack() throws Exception {
    var gate = new CountDownLatch(1);
    source.onOpen = (_, _) -> gate.await();
    LayerFetch fetch =
        rig.patientScheduler(SMALL.withStreams(2, 1, 4)).attach(data, source, Compression.GZIP);

    var readers = new ArrayList<CompletableFuture<Void>>();
    for (ChunkRun run : scattered(3)) {
      readers.add(fetch.demand(run.from(), run.to()));
    }
    gate.countDown();
    for (var reader : readers) {
      await(reader);
    }

    // Two got the permits, the other eight are worth one or two requests of 64 KiB.
    assertThat(source.requests.get()).isBetween(3, 5);
    // A stream that is free early may take over the end of what another has asked for.
    assertThat(timesAsked(3 + 5 * STEP)).isBetween(1L, 2L);
  }

  @Test
  void readersBehindScatteredHoles_areServedByOneRequest() throws Exception {
    LayerFetch fetch = attach(SMALL);
    var present = new ArrayList<ChunkRun>();
    for (int chunk = 0; chunk < 100; chunk += STEP) {
      present.add(new ChunkRun(chunk + 1, chunk + STEP));
    }
    await(fetch.prefetch(present));
    int before = source.requests.get();

    await(fetch.demand(0, 100));

    assertThat(source.requests.get() - before).isEqualTo(1);
    assertThat(data.nextMissing(0, 100)).isNegative();
  }

  @Test
  void firstRange_isServedWhileTheNextIsOnItsWay() throws Exception {
    var permits = new CountDownLatch(1);
    var third = new CountDownLatch(1);
    source.onOpen = (_, _) -> permits.await();
    source.onPiece =
        (at, _) -> {
          if (at == blob.blobOffset(3 + 4 * STEP)) {
            third.await();
          }
        };
    LayerFetch fetch =
        rig.patientScheduler(SMALL.withStreams(2, 1, 4)).attach(data, source, Compression.GZIP);
    var readers = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 5; i++) {
      readers.add(fetch.demand(3 + i * STEP, 4 + i * STEP));
    }
    permits.countDown();

    await(readers.get(2));
    await(readers.get(3));
    third.countDown();
    await(readers.get(4));
    assertThat(source.requests.get()).isBetween(3, 5);
  }

  @Test
  void readerOfAFarRange_takesItFromTheRequest() throws Exception {
    CountDownLatch held = holdAt(3);
    LayerFetch fetch = attach(SMALL.withSizes(8 << 10, 8 << 10, 256 << 10, 1 << 20));
    CompletableFuture<Void> list = fetch.prefetch(scattered(3));
    Eventually.until(() -> source.open.get() > 0);

    await(fetch.demand(183, 184));

    assertThat(data.isPresent(3)).isFalse();
    held.countDown();
    await(list);
    assertThat(timesAsked(183)).isEqualTo(2);
    assertThat(timesAsked(3)).isEqualTo(1);
  }

  @Test
  void readerBetweenTheRanges_doesNotWaitForTheRequest() throws Exception {
    CountDownLatch held = holdAt(3);
    LayerFetch fetch = attach(SMALL);
    CompletableFuture<Void> list = fetch.prefetch(scattered(3));
    Eventually.until(() -> source.open.get() > 0);

    await(fetch.demand(5, 6));

    assertThat(data.isPresent(3)).isFalse();
    held.countDown();
    await(list);
    assertThat(source.ranges).hasSize(11);
  }

  @Test
  void readerOfChunksPartlyOnTheirWay_getsTheOthersAtOnce() throws Exception {
    CountDownLatch held = holdAt(3);
    LayerFetch fetch = attach(SMALL);
    CompletableFuture<Void> list = fetch.prefetch(scattered(3));
    Eventually.until(() -> source.open.get() > 0);

    CompletableFuture<Void> reader = fetch.demand(3, 6);
    Eventually.until(() -> data.nextMissing(4, 6) < 0);
    assertThat(reader).isNotDone();
    held.countDown();
    await(reader);
    await(list);
  }

  @Test
  void readerOfANearRange_waitsForTheRequest() throws Exception {
    CountDownLatch held = holdAt(3);
    LayerFetch fetch = attach(SMALL);
    CompletableFuture<Void> list = fetch.prefetch(scattered(3));
    Eventually.until(() -> source.open.get() > 0);

    CompletableFuture<Void> reader = fetch.demand(3 + 2 * STEP, 4 + 2 * STEP);
    held.countDown();
    await(reader);
    await(list);

    assertThat(source.requests).hasValue(1);
  }
}
