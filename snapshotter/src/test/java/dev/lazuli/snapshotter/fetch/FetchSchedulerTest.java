package dev.lazuli.snapshotter.fetch;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class FetchSchedulerTest {
  private static final FetchOptions SMALL =
      FetchOptions.DEFAULT.withSizes(64 << 10, 256 << 10, 256 << 10, 1 << 20);

  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final Recorder recorder = new Recorder();

  @TempDir Path root;

  private LayerStore store;

  @BeforeEach
  void open() throws IOException {
    store = LayerStore.open(root, StoreOptions.defaults());
    toClose.add(store);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : toClose.reversed()) {
      each.close();
    }
  }

  private FetchScheduler scheduler(FetchOptions options) {
    var scheduler = new FetchScheduler(options, Limits.DEFAULT, recorder);
    toClose.add(scheduler);
    return scheduler;
  }

  private LayerData add(TestBlob blob) throws IOException {
    LayerData data = blob.addTo(store);
    toClose.add(data);
    return data;
  }

  private static void await(CompletableFuture<Void> future) throws Exception {
    future.get(30, SECONDS);
  }

  @Test
  void demandedChunk_comesRight_withNeighboursUpToTheUnit() throws Exception {
    var blob = new TestBlob(1, 200, 20_000, 1);
    var source = new TestSource(blob.blob);
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);

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
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);

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
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);

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
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL.withStreams(4, 1, 1)).attach(data, source, Compression.GZIP);

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
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);

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
    LayerData data = add(blob);
    FetchOptions options = SMALL.withSizes(64 << 10, 256 << 10, 256 << 10, 64 << 20);
    LayerFetch fetch =
        scheduler(options.withStreams(4, 1, 1)).attach(data, source, Compression.GZIP);
    fetch.background();
    while (data.presentCount() < 5) {
      Thread.sleep(1);
    }

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
    source.onPiece = (_, _) -> Thread.sleep(1);
    LayerData data = add(blob);
    var other = new TestBlob(8, 10, 20_000, 1);
    var slow = new TestSource(other.blob);
    var asked = new CountDownLatch(1);
    var answer = new CountDownLatch(1);
    slow.onPiece =
        (_, _) -> {
          asked.countDown();
          answer.await();
        };
    LayerData otherData = add(other);
    FetchScheduler scheduler = scheduler(SMALL.withStreams(4, 1, 1));
    LayerFetch fetch = scheduler.attach(data, source, Compression.GZIP);
    LayerFetch otherFetch = scheduler.attach(otherData, slow, Compression.GZIP);
    fetch.background();
    while (data.presentCount() < 5) {
      Thread.sleep(1);
    }

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
    LayerData data = add(blob);
    var other = new TestBlob(8, 10, 20_000, 1);
    var slow = new TestSource(other.blob);
    var answer = new CountDownLatch(1);
    slow.onOpen = (_, _) -> answer.await();
    LayerData otherData = add(other);
    FetchScheduler scheduler = scheduler(SMALL.withStreams(4, 1, 1));
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
  void brokenRanges_areFetchedAgain_untilRight() throws Exception {
    var blob = new TestBlob(9, 50, 20_000, 1);
    var source = new TestSource(blob.blob);
    var random = new Random(1);
    source.onPiece =
        (_, _) -> {
          if (random.nextInt(4) == 0) {
            throw new IOException("reset by peer");
          }
        };
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);

    await(fetch.demand(0, 50));

    assertThat(blob.allRight(data)).isTrue();
    assertThat(recorder.failures.get()).isPositive();
  }

  @Test
  void wrongBytes_becomeAnErrorThatTellsWhy_andNoPresence() throws Exception {
    var blob = new TestBlob(10, 5, 20_000, 1);
    var source = new TestSource(blob.blob);
    source.corrupt = true;
    LayerData data = add(blob);
    try (LayerFetch fetch =
        scheduler(SMALL.withReadDeadline(Duration.ofMillis(300)))
            .attach(data, source, Compression.GZIP)) {
      assertThat(failureWithAReason(fetch, 0)).contains(blob.digest, "chunk 0", "within 300 ms");
    }
    assertThat(data.presentCount()).isZero();
    assertThat(source.distrusted.get()).isPositive();

    source.corrupt = false;
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);
    await(fetch.demand(0, 1));
    assertThat(blob.isRight(data, 0)).isTrue();
  }

  /**
   * Demands a chunk in vain, again where the deadline passed before the first attempt had ended.
   */
  private static String failureWithAReason(LayerFetch fetch, int chunk) throws Exception {
    while (true) {
      try {
        await(fetch.demand(chunk, chunk + 1));
        throw new AssertionError("chunk " + chunk + " came");
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(FetchFailedException.class);
        String message = requireNonNull(e.getMessage());
        if (!message.contains("no answer yet")) {
          return message;
        }
      }
    }
  }

  @Test
  void silentSource_endsAtTheDeadline_andLeaksNothing() throws Exception {
    var blob = new TestBlob(11, 5, 20_000, 1);
    var source = new TestSource(blob.blob);
    source.onOpen = (_, _) -> Thread.sleep(60_000);
    LayerData data = add(blob);
    FetchOptions options =
        SMALL.withReadDeadline(Duration.ofMillis(400)).withStallTimeout(Duration.ofMillis(100));

    try (LayerFetch fetch = scheduler(options).attach(data, source, Compression.GZIP)) {
      assertThat(failureWithAReason(fetch, 0)).contains("no bytes for 100 ms");
    }

    source.onOpen = (_, _) -> {};
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);
    await(fetch.demand(0, 1));
    fetch.close();
    assertThat(source.open).hasValue(0);
  }

  @Test
  void oneDeadLayer_doesNotStopAnother() throws Exception {
    var dead = new TestBlob(12, 50, 20_000, 1);
    var alive = new TestBlob(13, 50, 20_000, 1);
    var deadSource = new TestSource(dead.blob);
    deadSource.onOpen =
        (_, _) -> {
          throw new IOException("no route to host");
        };
    var aliveSource = new TestSource(alive.blob);
    LayerData deadData = add(dead);
    LayerData aliveData = add(alive);
    FetchScheduler scheduler = scheduler(SMALL.withStreams(4, 2, 2));
    LayerFetch deadFetch = scheduler.attach(deadData, deadSource, Compression.GZIP);
    LayerFetch aliveFetch = scheduler.attach(aliveData, aliveSource, Compression.GZIP);

    var waiting = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 50; i++) {
      waiting.add(deadFetch.demand(i, i + 1));
    }
    deadFetch.background();
    aliveFetch.background();
    await(aliveFetch.demand(40, 50));
    await(aliveFetch.completed());

    assertThat(alive.allRight(aliveData)).isTrue();
    deadFetch.close();
    for (var future : waiting) {
      assertThat(future).failsWithin(Duration.ofSeconds(30));
    }
  }

  @Test
  void detach_failsReaders_andEndsStreams() throws Exception {
    var blob = new TestBlob(14, 50, 20_000, 1);
    var source = new TestSource(blob.blob);
    source.onPiece = (_, _) -> Thread.sleep(60_000);
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);
    fetch.background();
    CompletableFuture<Void> reader = fetch.demand(49, 50);
    while (source.open.get() == 0) {
      Thread.sleep(1);
    }

    fetch.close();

    assertThat(source.open).hasValue(0);
    assertThat(reader).failsWithin(Duration.ofSeconds(30));
    assertThat(fetch.completed()).failsWithin(Duration.ofSeconds(30));
    assertThatThrownBy(() -> await(fetch.demand(30, 31))).hasMessageContaining("detached");
  }

  @Test
  void permits_boundTheStreams_andReadersTakeThemFromUnaskedNeighbours() throws Exception {
    var blob = new TestBlob(15, 300, 20_000, 1);
    var source = new TestSource(blob.blob);
    var most = new AtomicInteger();
    source.onPiece =
        (_, _) -> {
          most.accumulateAndGet(source.open.get(), Math::max);
          Thread.sleep(1);
        };
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL.withStreams(3, 1, 4)).attach(data, source, Compression.GZIP);
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
    LayerData data = add(blob);
    LayerFetch fetch =
        scheduler(SMALL.withBackgroundBudget(1, 0)).attach(data, source, Compression.GZIP);

    fetch.background();
    await(fetch.demand(200, 300));

    assertThat(data.nextMissing(200, 300)).isNegative();
    assertThat(recorder.backgroundBytes.get()).isLessThan(blob.blob.length / 2);
  }

  @Test
  void rangeInPiecesOfOneByte_isGivenUp_andTheReaderToldWhy() throws Exception {
    var blob = new TestBlob(41, 5, 20_000, 1);
    var source = new TestSource(blob.blob);
    source.pieceBytes = 1;
    LayerData data = add(blob);
    try (LayerFetch fetch =
        scheduler(SMALL.withReadDeadline(Duration.ofMillis(500)))
            .attach(data, source, Compression.GZIP)) {
      assertThat(failureWithAReason(fetch, 4)).contains(blob.digest, "too small");
    }
  }

  @Test
  void drippingLayer_leavesPermitsToAnothersReader() throws Exception {
    var dripping = new TestBlob(44, 60, 20_000, 1);
    var slow = new TestSource(dripping.blob);
    slow.pieceBytes = 1;
    slow.onPiece = (_, _) -> Thread.sleep(100);
    var other = new TestBlob(45, 5, 20_000, 1);
    LayerData drippingData = add(dripping);
    LayerData otherData = add(other);
    FetchScheduler scheduler = scheduler(SMALL.withStreams(4, 2, 4));
    try (LayerFetch fetch = scheduler.attach(drippingData, slow, Compression.GZIP)) {
      for (int i = 0; i < 60; i += 5) {
        var _ = fetch.demand(i, i + 1);
      }
      while (slow.open.get() < 4) {
        Thread.sleep(1);
      }

      LayerFetch otherFetch =
          scheduler.attach(otherData, new TestSource(other.blob), Compression.GZIP);
      await(otherFetch.demand(0, 5));

      assertThat(other.allRight(otherData)).isTrue();
    }
  }

  @Test
  void withdrawnDemand_isForgotten() throws Exception {
    var blob = new TestBlob(42, 5, 20_000, 1);
    var source = new TestSource(blob.blob);
    var answer = new CountDownLatch(1);
    source.onOpen = (_, _) -> answer.await();
    LayerData data = add(blob);
    FetchScheduler scheduler = scheduler(SMALL);
    LayerFetch fetch = scheduler.attach(data, source, Compression.GZIP);

    fetch.demand(0, 1).cancel(false);
    while (fetch.waiting() || scheduler.openStreams() > 0) {
      Thread.sleep(1);
    }

    answer.countDown();
    await(fetch.demand(0, 1));
  }

  @Test
  void unexpectedErrors_endNeitherTimeNorPermits() throws Exception {
    var blob = new TestBlob(43, 50, 20_000, 1);
    var source = new TestSource(blob.blob);
    var broken = new AtomicInteger(20);
    source.onPiece =
        (_, _) -> {
          if (broken.getAndDecrement() > 0) {
            throw new IllegalStateException("a defect");
          }
        };
    LayerData data = add(blob);
    FetchScheduler scheduler = scheduler(SMALL);
    LayerFetch fetch = scheduler.attach(data, source, Compression.GZIP);

    await(fetch.demand(0, 50));

    assertThat(recorder.unexpected).hasPositiveValue();
    assertThat(recorder.failures).hasPositiveValue();
    fetch.close();
    assertThat(scheduler.openStreams()).isZero();
    long tick = scheduler.lastTick();
    while (scheduler.lastTick() == tick) {
      Thread.sleep(1);
    }
  }

  @Test
  void readingOn_makesRequestsLarger() throws Exception {
    var blob = new TestBlob(17, 400, 20_000, 1);
    var source = new TestSource(blob.blob);
    LayerData data = add(blob);
    LayerFetch fetch = scheduler(SMALL).attach(data, source, Compression.GZIP);

    for (int i = 0; i < 400; i++) {
      await(fetch.demand(i, i + 1));
    }

    assertThat(source.ranges.size()).isLessThan(blob.blob.length / (200 << 10) + 10);
    assertThat(blob.allRight(data)).isTrue();
  }

  @Test
  void completionThatCannotBeRecorded_isTriedAgain() throws Exception {
    var blob = new TestBlob(30, 5, 20_000, 1);
    LayerData data = add(blob);
    Path inTheWay = data.dataPath().resolveSibling("layer.json.new");
    Files.createDirectories(inTheWay.resolve("x"));
    LayerFetch fetch = scheduler(SMALL).attach(data, new TestSource(blob.blob), Compression.GZIP);

    fetch.background();
    while (recorder.sealFailures.get() == 0) {
      Thread.sleep(5);
    }
    assertThat(fetch.completed()).isNotDone();
    Files.delete(inTheWay.resolve("x"));

    await(fetch.completed());
    assertThat(data.complete()).isTrue();
  }

  private static final class Recorder implements FetchListener {
    final java.util.concurrent.atomic.AtomicLong backgroundBytes =
        new java.util.concurrent.atomic.AtomicLong();
    final AtomicInteger unexpected = new AtomicInteger();
    final AtomicInteger failures = new AtomicInteger();
    final AtomicInteger complete = new AtomicInteger();
    final AtomicInteger sealFailures = new AtomicInteger();

    @Override
    public void bytesFetched(String layer, int bytes, Priority priority) {
      if (priority == Priority.BACKGROUND) {
        backgroundBytes.addAndGet(bytes);
      }
    }

    @Override
    public void unexpected(String thread, Throwable error) {
      unexpected.incrementAndGet();
    }

    @Override
    public void rangeFailed(String layer, long offset, long bytes, IOException reason) {
      failures.incrementAndGet();
    }

    @Override
    public void sealFailed(String layer, IOException reason) {
      sealFailures.incrementAndGet();
    }

    @Override
    public void layerComplete(String layer) {
      complete.incrementAndGet();
    }
  }
}
