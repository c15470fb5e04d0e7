package dev.lazuli.snapshotter.fetch;

import static dev.lazuli.snapshotter.fetch.FetchRig.GROWING;
import static dev.lazuli.snapshotter.fetch.FetchRig.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.testimages.waiting.Eventually;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is fetched for whom, in which requests. */
@Timeout(60)
final class FetchSchedulerTest {
  private final RecordingListener recorder = new RecordingListener();

  @RegisterExtension final FetchRig rig = new FetchRig(recorder);

  @Test
  void demandedChunk_comesRight_withNeighboursUpToTheUnit() throws Exception {
    var blob = new TestBlob(1, 200, 20_000, 1);
    var source = new TestSource(blob.blob);
    LayerData data = rig.add(blob);
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);

    await(fetch.demand(10, 11));

    assertThat(blob.isRight(data, 10)).isTrue();
    assertThat(data.isPresent(9)).isFalse();
    fetch.close();
    assertThat(source.ranges).hasSize(1);
    assertThat(source.ranges.getFirst().offset()).isEqualTo(blob.blobOffset(10));
    assertThat(source.ranges.getFirst().length()).isBetween(40_000L, 64L << 10);
    assertThat(source.open).hasValue(0);
  }

  @Test
  void chunksInsideAMember_bringTheirSiblings() throws Exception {
    var blob = new TestBlob(2, 100, 4000, 10);
    var source = new TestSource(blob.blob);
    LayerData data = rig.add(blob);
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);

    await(fetch.demand(55, 56));

    for (int chunk = 50; chunk < 56; chunk++) {
      assertThat(blob.isRight(data, chunk)).isTrue();
    }
    assertThat(data.isPresent(49)).isFalse();
  }

  @Test
  void manyReadersOfOneChunk_causeOneRequest() throws Exception {
    var blob = new TestBlob(3, 20, 20_000, 1);
    var source = new TestSource(blob.blob);
    var gate = new CountDownLatch(1);
    source.onOpen = (_, _) -> gate.await();
    LayerData data = rig.add(blob);
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);

    var readers = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 50; i++) {
      readers.add(fetch.demand(i % 3, i % 3 + 1));
    }
    gate.countDown();
    for (var reader : readers) {
      await(reader);
    }

    assertThat(source.ranges).hasSize(1);
  }

  @Test
  void background_completesTheLayer_inFewLargeRanges_frontToBack() throws Exception {
    var blob = new TestBlob(4, 500, 20_000, 1);
    var source = new TestSource(blob.blob);
    LayerData data = rig.add(blob);
    LayerFetch fetch =
        rig.scheduler(GROWING.withStreams(4, 1, 1)).attach(data, source, Compression.GZIP);

    fetch.background();
    await(fetch.completed());

    assertThat(data.complete()).isTrue();
    assertThat(blob.allRight(data)).isTrue();
    assertThat(source.ranges.size()).isBetween(4, 2 + blob.blob.length / (900 << 10));
    assertThat(source.ranges).isSortedAccordingTo((a, b) -> Long.compare(a.offset(), b.offset()));
    assertThat(source.ranges.stream().mapToLong(TestSource.Range::length).sum())
        .isEqualTo(blob.blob.length);
    assertThat(recorder.complete).hasValue(1);
  }

  @Test
  void prefetch_bringsItsRangeAndNoMore() throws Exception {
    var blob = new TestBlob(5, 100, 20_000, 1);
    var source = new TestSource(blob.blob);
    LayerData data = rig.add(blob);
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);

    await(fetch.prefetch(0, blob.blobOffset(40)));

    assertThat(data.nextMissing(0, 100)).isEqualTo(40);
    assertThat(data.presentCount()).isEqualTo(40);
  }

  @Test
  void demandFarAheadOfABackgroundStream_doesNotWaitForIt() throws Exception {
    var blob = new TestBlob(6, 400, 20_000, 1);
    var source = new TestSource(blob.blob);
    var served = new CountDownLatch(1);
    source.onPiece =
        (at, _) -> {
          if (at > blob.blobOffset(100) && at < blob.blobOffset(380)) {
            served.await();
          }
        };
    LayerData data = rig.add(blob);
    FetchOptions options = GROWING.withSizes(64 << 10, 256 << 10, 256 << 10, 64 << 20);
    LayerFetch fetch =
        rig.scheduler(options.withStreams(4, 1, 1)).attach(data, source, Compression.GZIP);
    fetch.background();
    Eventually.until(() -> data.presentCount() >= 5);

    await(fetch.demand(380, 381));
    assertThat(data.isPresent(200)).isFalse();
    served.countDown();
    await(fetch.completed());

    assertThat(blob.allRight(data)).isTrue();
    long bytes = source.ranges.stream().mapToLong(TestSource.Range::length).sum();
    assertThat(bytes).isLessThan(2L * blob.blob.length);
  }

  @Test
  void backgroundThatStoodAside_goesOnWithWhatItHas() throws Exception {
    var blob = new TestBlob(7, 400, 20_000, 1);
    var source = new TestSource(blob.blob);
    source.onPiece = (_, _) -> Thread.sleep(1); // So that it lasts longer than a tick.
    LayerData data = rig.add(blob);
    var other = new TestBlob(8, 10, 20_000, 1);
    var slow = new TestSource(other.blob);
    var asked = new CountDownLatch(1);
    var answer = new CountDownLatch(1);
    slow.onPiece =
        (_, _) -> {
          asked.countDown();
          answer.await();
        };
    LayerData otherData = rig.add(other);
    FetchScheduler scheduler = rig.scheduler(GROWING.withStreams(4, 1, 1));
    LayerFetch fetch = scheduler.attach(data, source, Compression.GZIP);
    LayerFetch otherFetch = scheduler.attach(otherData, slow, Compression.GZIP);
    fetch.background();
    Eventually.until(() -> data.presentCount() >= 5);

    CompletableFuture<Void> reader = otherFetch.demand(0, 1);
    asked.await();
    int ranges = source.ranges.size();
    answer.countDown();
    await(reader);
    await(fetch.completed());

    assertThat(source.ranges.size()).isLessThanOrEqualTo(ranges + 2 + blob.blob.length / (1 << 20));
    assertThat(source.ranges.stream().map(TestSource.Range::offset)).doesNotHaveDuplicates();
  }

  @Test
  void prefetch_goesOn_whileAReaderWaitsForItsFirstByte() throws Exception {
    var blob = new TestBlob(7, 400, 20_000, 1);
    var source = new TestSource(blob.blob);
    LayerData data = rig.add(blob);
    var other = new TestBlob(8, 10, 20_000, 1);
    var slow = new TestSource(other.blob);
    var answer = new CountDownLatch(1);
    slow.onOpen = (_, _) -> answer.await();
    LayerData otherData = rig.add(other);
    FetchScheduler scheduler = rig.scheduler(GROWING.withStreams(4, 1, 1));
    LayerFetch fetch = scheduler.attach(data, source, Compression.GZIP);
    LayerFetch otherFetch = scheduler.attach(otherData, slow, Compression.GZIP);

    CompletableFuture<Void> reader = otherFetch.demand(0, 1);
    // One piece for each pause would take minutes.
    await(fetch.prefetch(0, blob.blob.length));

    assertThat(reader).isNotDone();
    answer.countDown();
    await(reader);
  }

  @Test
  void permits_boundTheStreams_andReadersTakeThemFromUnaskedNeighbours() throws Exception {
    var blob = new TestBlob(15, 300, 20_000, 1);
    var source = new TestSource(blob.blob);
    var most = new AtomicInteger();
    source.onPiece =
        (_, _) -> {
          most.accumulateAndGet(source.open.get(), Math::max);
          Thread.sleep(1); // So that streams are open at the same time.
        };
    LayerData data = rig.add(blob);
    LayerFetch fetch =
        rig.scheduler(GROWING.withStreams(3, 1, 4)).attach(data, source, Compression.GZIP);
    fetch.background();
    var readers = new ArrayList<CompletableFuture<Void>>();
    for (int i = 290; i > 0; i -= 10) {
      readers.add(fetch.demand(i, i + 1));
    }
    for (var reader : readers) {
      await(reader);
    }
    await(fetch.completed());

    assertThat(most.get()).isBetween(2, 3);
    assertThat(blob.allRight(data)).isTrue();
  }

  @Test
  void backgroundBudget_isNotTheReaders() throws Exception {
    var blob = new TestBlob(31, 400, 20_000, 1);
    var source = new TestSource(blob.blob);
    LayerData data = rig.add(blob);
    LayerFetch fetch =
        rig.scheduler(GROWING.withBackgroundBudget(1, 0)).attach(data, source, Compression.GZIP);

    fetch.background();
    await(fetch.demand(200, 300));

    assertThat(data.nextMissing(200, 300)).isNegative();
    assertThat(recorder.backgroundBytes.get()).isLessThan(blob.blob.length / 2);
  }

  @Test
  void readingOn_makesRequestsLarger() throws Exception {
    var blob = new TestBlob(17, 400, 20_000, 1);
    var source = new TestSource(blob.blob);
    LayerData data = rig.add(blob);
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);

    for (int i = 0; i < 400; i++) {
      await(fetch.demand(i, i + 1));
    }

    assertThat(source.ranges.size()).isLessThan(blob.blob.length / (200 << 10) + 10);
    assertThat(blob.allRight(data)).isTrue();
  }
}
