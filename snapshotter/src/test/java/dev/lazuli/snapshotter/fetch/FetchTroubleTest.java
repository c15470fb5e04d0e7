package dev.lazuli.snapshotter.fetch;

import static dev.lazuli.snapshotter.fetch.FetchRig.GROWING;
import static dev.lazuli.snapshotter.fetch.FetchRig.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sources that fail, lie, drip or fall silent, and readers and layers that go. */
@Timeout(60)
final class FetchTroubleTest {
  private final RecordingListener recorder = new RecordingListener();

  @RegisterExtension final FetchRig rig = new FetchRig(recorder);

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
    LayerData data = rig.add(blob);
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);

    await(fetch.demand(0, 50));

    assertThat(blob.allRight(data)).isTrue();
    assertThat(recorder.failures.get()).isPositive();
  }

  @Test
  void wrongBytes_becomeAnErrorThatTellsWhy_andNoPresence() throws Exception {
    var blob = new TestBlob(10, 5, 20_000, 1);
    var source = new TestSource(blob.blob);
    source.corrupt = true;
    LayerData data = rig.add(blob);
    try (LayerFetch fetch =
        rig.scheduler(GROWING.withReadDeadline(Duration.ofMillis(300)))
            .attach(data, source, Compression.GZIP)) {
      assertThat(failureWithAReason(fetch, 0)).contains(blob.digest, "chunk 0", "within 300 ms");
    }
    assertThat(data.presentCount()).isZero();
    assertThat(source.distrusted.get()).isPositive();

    source.corrupt = false;
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);
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
    source.onOpen = TestSource.SILENCE;
    LayerData data = rig.add(blob);
    FetchOptions options =
        GROWING.withReadDeadline(Duration.ofMillis(400)).withStallTimeout(Duration.ofMillis(100));

    try (LayerFetch fetch = rig.scheduler(options).attach(data, source, Compression.GZIP)) {
      assertThat(failureWithAReason(fetch, 0)).contains("no bytes for 100 ms");
    }

    source.onOpen = (_, _) -> {};
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);
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
    LayerData deadData = rig.add(dead);
    LayerData aliveData = rig.add(alive);
    FetchScheduler scheduler = rig.scheduler(GROWING.withStreams(4, 2, 2));
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
    source.onPiece = TestSource.SILENCE;
    LayerData data = rig.add(blob);
    LayerFetch fetch = rig.scheduler(GROWING).attach(data, source, Compression.GZIP);
    fetch.background();
    CompletableFuture<Void> reader = fetch.demand(49, 50);
    Eventually.until(() -> source.open.get() > 0);

    fetch.close();

    assertThat(source.open).hasValue(0);
    assertThat(reader).failsWithin(Duration.ofSeconds(30));
    assertThat(fetch.completed()).failsWithin(Duration.ofSeconds(30));
    assertThatThrownBy(() -> await(fetch.demand(30, 31))).hasMessageContaining("detached");
  }

  @Test
  void rangeInPiecesOfOneByte_isGivenUp_andTheReaderToldWhy() throws Exception {
    var blob = new TestBlob(41, 5, 20_000, 1);
    var source = new TestSource(blob.blob);
    source.pieceBytes = 1;
    LayerData data = rig.add(blob);
    try (LayerFetch fetch =
        rig.scheduler(GROWING.withReadDeadline(Duration.ofMillis(500)))
            .attach(data, source, Compression.GZIP)) {
      assertThat(failureWithAReason(fetch, 4)).contains(blob.digest, "far too many");
    }
  }

  @Test
  void drippingLayer_leavesPermitsToAnothersReader() throws Exception {
    var dripping = new TestBlob(44, 60, 20_000, 1);
    var slow = new TestSource(dripping.blob);
    slow.pieceBytes = 1;
    slow.onPiece = (_, _) -> Thread.sleep(100); // It drips.
    var other = new TestBlob(45, 5, 20_000, 1);
    LayerData drippingData = rig.add(dripping);
    LayerData otherData = rig.add(other);
    FetchScheduler scheduler = rig.scheduler(GROWING.withStreams(4, 2, 4));
    try (LayerFetch fetch = scheduler.attach(drippingData, slow, Compression.GZIP)) {
      for (int i = 0; i < 60; i += 5) {
        var _ = fetch.demand(i, i + 1);
      }
      Eventually.until(() -> slow.open.get() >= 4);

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
    LayerData data = rig.add(blob);
    FetchScheduler scheduler = rig.scheduler(GROWING);
    LayerFetch fetch = scheduler.attach(data, source, Compression.GZIP);

    fetch.demand(0, 1).cancel(false);
    Eventually.until(() -> !fetch.waiting() && scheduler.openStreams() == 0);

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
    LayerData data = rig.add(blob);
    FetchScheduler scheduler = rig.scheduler(GROWING);
    LayerFetch fetch = scheduler.attach(data, source, Compression.GZIP);

    await(fetch.demand(0, 50));

    assertThat(recorder.unexpected).hasPositiveValue();
    assertThat(recorder.failures).hasPositiveValue();
    fetch.close();
    assertThat(scheduler.openStreams()).isZero();
    long tick = scheduler.lastTick();
    Eventually.until(() -> scheduler.lastTick() != tick);
  }

  @Test
  void timeThatCannotBeKept_isNotCountedAsKept_untilItCan() throws Exception {
    var blob = new TestBlob(44, 5, 20_000, 1);
    var source = new TestSource(blob.blob);
    var opened = new CountDownLatch(1);
    var answer = new CountDownLatch(1);
    source.onOpen =
        (_, _) -> {
          opened.countDown();
          answer.await();
        };
    LayerData data = rig.add(blob);
    var broken = new AtomicBoolean();
    LongSupplier clock =
        () -> {
          if (broken.get()) {
            throw new IllegalStateException("a defect");
          }
          return System.nanoTime();
        };
    try (var scheduler = new FetchScheduler(GROWING, Limits.DEFAULT, recorder, clock)) {
      var demanded = scheduler.attach(data, source, Compression.GZIP).demand(0, 1);
      opened.await(); // From now on nothing but the timer asks the clock.
      broken.set(true);
      Eventually.until(() -> recorder.unexpected.get() > 0);
      long tick = scheduler.lastTick();
      int failed = recorder.unexpected.get();
      Eventually.until(() -> recorder.unexpected.get() > failed + 1);
      assertThat(scheduler.lastTick()).isEqualTo(tick);

      broken.set(false);

      Eventually.until(() -> scheduler.lastTick() != tick);
      answer.countDown();
      await(demanded);
    }
  }

  @Test
  void completionThatCannotBeRecorded_isTriedAgain() throws Exception {
    var blob = new TestBlob(30, 5, 20_000, 1);
    LayerData data = rig.add(blob);
    Path inTheWay = data.dataPath().resolveSibling("layer.json.new");
    Files.createDirectories(inTheWay.resolve("x"));
    LayerFetch fetch =
        rig.scheduler(GROWING).attach(data, new TestSource(blob.blob), Compression.GZIP);

    fetch.background();
    Eventually.until(() -> recorder.sealFailures.get() > 0);
    assertThat(fetch.completed()).isNotDone();
    Files.delete(inTheWay.resolve("x"));

    await(fetch.completed());
    assertThat(data.complete()).isTrue();
  }
}
