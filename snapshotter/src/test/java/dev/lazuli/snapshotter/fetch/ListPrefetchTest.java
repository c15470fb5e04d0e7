package dev.lazuli.snapshotter.fetch;

import static dev.lazuli.snapshotter.fetch.FetchRig.SMALL;
import static dev.lazuli.snapshotter.fetch.FetchRig.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class ListPrefetchTest {
  private final TestBlob blob = new TestBlob(41, 200, 20_000, 1);
  private final TestSource source = new TestSource(blob.blob);

  @RegisterExtension final FetchRig rig = new FetchRig();

  private LayerData data;

  @BeforeEach
  void open() throws IOException {
    data = rig.add(blob);
  }

  private LayerFetch attach(FetchOptions options) throws IOException {
    return rig.scheduler(options).attach(data, source, Compression.GZIP);
  }

  private List<Integer> present() {
    var present = new ArrayList<Integer>();
    for (int chunk = 0; chunk < blob.count(); chunk++) {
      if (data.isPresent(chunk)) {
        present.add(chunk);
      }
    }
    return present;
  }

  private static List<ChunkRun> runs(int... ends) {
    var runs = new ArrayList<ChunkRun>();
    for (int i = 0; i < ends.length; i += 2) {
      runs.add(new ChunkRun(ends[i], ends[i + 1]));
    }
    return runs;
  }

  @Test
  void scatteredRuns_comeRight_andNothingElse() throws Exception {
    LayerFetch fetch = attach(SMALL);

    await(fetch.prefetch(runs(10, 12, 100, 103, 199, 200)));

    assertThat(present()).containsExactly(10, 11, 100, 101, 102, 199);
    for (int chunk : present()) {
      assertThat(blob.isRight(data, chunk)).isTrue();
    }
    assertThat(fetch.waiting()).isFalse();
  }

  @Test
  void nearRuns_shareARequest_andBringWhatLiesBetween() throws Exception {
    LayerFetch fetch = attach(SMALL);

    await(fetch.prefetch(runs(10, 11, 13, 14)));

    assertThat(present()).containsExactly(10, 11, 12, 13);
    assertThat(source.ranges).hasSize(1);
  }

  @Test
  void longRun_isSplitIntoRequestsOfThePrefetchSize() throws Exception {
    LayerFetch fetch = attach(SMALL);

    await(fetch.prefetch(runs(20, 120)));

    assertThat(present()).hasSize(100).startsWith(20).endsWith(119);
    assertThat(source.ranges).hasSizeGreaterThan(2);
    assertThat(source.ranges).allMatch(range -> range.length() <= 256 << 10);
  }

  @Test
  void lists_addToEachOther_andGoBeforeTheRange() throws Exception {
    var gate = new CountDownLatch(1);
    source.onOpen = (_, _) -> gate.await();
    LayerFetch fetch = attach(SMALL.withStreams(2, 1, 1));

    CompletableFuture<Void> range = fetch.prefetch(0, blob.blobOffset(80));
    CompletableFuture<Void> first = fetch.prefetch(runs(150, 151, 180, 181));
    CompletableFuture<Void> second = fetch.prefetch(runs(120, 121, 150, 152));
    gate.countDown();
    await(first);
    await(second);
    await(range);

    assertThat(present()).hasSize(80 + 4).contains(150, 180, 120, 151);
    assertThat(source.ranges.stream().map(TestSource.Range::offset).toList())
        .startsWith(
            0L,
            blob.blobOffset(150),
            blob.blobOffset(180),
            blob.blobOffset(120),
            blob.blobOffset(151));
  }

  @Test
  void newRange_replacesTheOldOne_butNoList() throws Exception {
    var gate = new CountDownLatch(1);
    source.onOpen = (_, _) -> gate.await();
    LayerFetch fetch = attach(SMALL.withStreams(2, 1, 1));

    CompletableFuture<Void> old = fetch.prefetch(0, blob.blobOffset(200 - 1));
    CompletableFuture<Void> list = fetch.prefetch(runs(150, 151));
    CompletableFuture<Void> range = fetch.prefetch(0, blob.blobOffset(5));
    gate.countDown();
    await(list);
    await(range);

    assertThatThrownBy(() -> await(old)).isInstanceOf(CancellationException.class);
    assertThat(data.isPresent(150)).isTrue();
    assertThat(data.isPresent(140)).isFalse();
  }

  @Test
  void nothingMissing_isDoneWithoutARequest() throws Exception {
    LayerFetch fetch = attach(SMALL);
    await(fetch.prefetch(runs(3, 4)));
    int before = source.ranges.size();

    await(fetch.prefetch(List.of()));
    await(fetch.prefetch(runs(3, 4)));

    assertThat(source.ranges).hasSize(before);
  }

  @Test
  void chunksThatAReaderGetsMeanwhile_areDoneToo() throws Exception {
    var gate = new CountDownLatch(1);
    source.onOpen = (_, _) -> gate.await();
    LayerFetch fetch = attach(SMALL);

    CompletableFuture<Void> reader = fetch.demand(50, 51);
    CompletableFuture<Void> list = fetch.prefetch(runs(50, 52));
    gate.countDown();
    await(reader);
    await(list);

    assertThat(source.ranges).hasSize(1);
  }

  @Test
  void failures_areRepeated_untilTheListIsDone() throws Exception {
    var failures = new AtomicInteger(2);
    source.onPiece =
        (_, _) -> {
          if (failures.getAndDecrement() > 0) {
            throw new IOException("reset by peer");
          }
        };
    LayerFetch fetch = attach(SMALL);

    await(fetch.prefetch(runs(10, 12, 100, 101)));

    assertThat(present()).containsExactly(10, 11, 100);
  }

  @Test
  void newList_isTriedAtOnce_thoughTheLayerFailedBefore() throws Exception {
    source.onPiece =
        (at, _) -> {
          if (at < blob.blobOffset(50)) {
            throw new IOException("reset by peer");
          }
        };
    LayerFetch fetch = attach(SMALL);
    CompletableFuture<Void> failing = fetch.prefetch(runs(10, 11));
    Eventually.until(() -> source.ranges.size() >= 3);

    await(fetch.prefetch(runs(100, 101)));

    assertThat(failing).isNotDone();
    source.onPiece = (_, _) -> {};
    await(fetch.prefetch(runs(11, 12)));
    await(failing);
  }

  @Test
  void detaching_endsWaiting_andRefusesNewLists() throws Exception {
    source.onOpen = TestSource.SILENCE;
    LayerFetch fetch = attach(SMALL);
    CompletableFuture<Void> list = fetch.prefetch(runs(10, 11));

    fetch.close();

    assertThatThrownBy(() -> await(list)).isInstanceOf(CancellationException.class);
    assertThatThrownBy(() -> await(fetch.prefetch(runs(10, 11))))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("detached");
    assertThatThrownBy(() -> await(fetch.prefetch(0, 1))).hasMessageContaining("detached");
    assertThat(source.open).hasValue(0);
  }

  @Test
  void runsThatAreNone_areRefused() throws Exception {
    LayerFetch fetch = attach(SMALL);

    assertThatThrownBy(() -> runs(5, 5)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> runs(-1, 5)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> fetch.prefetch(runs(5, 8, 7, 9)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected from 8 on");
    assertThatThrownBy(() -> fetch.prefetch(runs(199, 201)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("200 chunks");
  }
}
