package dev.lazuli.snapshotter.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.registry.model.LeastRate;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PullQueueTest {
  private static final Digest LAYER = Digest.sha256(new byte[1]);
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** A stack larger than any address space: the kernel gives no such thread. */
  private static final ThreadFactory NONE = Thread.ofPlatform().stackSize(1L << 60).factory();

  private static final ThreadFactory SOME = Thread.ofPlatform().daemon().factory();

  @TempDir Path directory;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final AtomicLong now = new AtomicLong();

  private final class Told implements PullQueue.Work {
    @Override
    public void run() {
      told.add("run");
    }

    @Override
    public void refuse(IOException reason) {
      told.add(String.valueOf(reason.getMessage()));
    }
  }

  private static LayerPull pull(LayerPull.Parts parts) {
    return new LayerPull(parts, LAYER, "registry.example/app:1", new RangedBlob(new byte[10]));
  }

  private static LayerPull.Parts parts(
      LayerStore store, LayerUnpacker unpacker, IndexMemory memory) {
    return new LayerPull.Parts(
        store,
        unpacker,
        memory,
        new BlockBudget(0),
        (_, _, _) -> {},
        1,
        InstantSource.system(),
        new LayerPull.PullClock(System::nanoTime, LeastRate::usual),
        PullRecorder.NONE);
  }

  @Test
  void withoutAThread_aPullIsRefused_andTheNextOneRuns() throws IOException {
    var hasThreads = new AtomicBoolean();
    ThreadFactory factory = work -> (hasThreads.get() ? SOME : NONE).newThread(work);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var queue = new PullQueue(1, now::get, () -> {}, factory)) {
      var flight = new PullFlight(LAYER, "a/b", pull(parts(store, unpacker, memory())));
      queue.add(flight, true, new Told());
      assertThat(told).singleElement().asString().startsWith("no thread can be started for it");

      hasThreads.set(true);
      queue.add(flight, true, new Told());

      Eventually.asserted(() -> assertThat(told).hasSize(2).last().isEqualTo("run"));
    }
  }

  /** No file for content can be made on it; small files can. */
  private static Disk fullDisk() {
    return (Disk)
        Proxy.newProxyInstance(
            Disk.class.getClassLoader(),
            new Class<?>[] {Disk.class},
            (_, method, arguments) -> {
              if (method.getName().equals("createSparse")) {
                throw new IOException("No space left on device");
              }
              return method.invoke(Disk.LOCAL, arguments);
            });
  }

  @Test
  void registryThatHoldsAllTurns_leavesOneToEachOther() throws Exception {
    var end = new CountDownLatch(1);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var queue = new PullQueue(2, now::get, () -> {})) {
      var parts = parts(store, unpacker, memory());
      for (var image :
          List.of(
              "slow.example/a",
              "slow.example/b",
              "slow.example/c",
              "other.example/d",
              "other.example/e")) {
        queue.add(new PullFlight(LAYER, image, pull(parts)), true, held(image, end));
      }
      // Each runs in a thread of its own, and they start in any order.
      Eventually.asserted(
          () ->
              assertThat(told)
                  .containsExactlyInAnyOrder(
                      "slow.example/a", "slow.example/b", "other.example/d"));
      assertThat(queue.leastRate()).isGreaterThan(LeastRate.usual());

      end.countDown();
      Eventually.asserted(() -> assertThat(told).hasSize(5));
    }
  }

  private PullQueue.Work held(String name, CountDownLatch end) {
    return new PullQueue.Work() {
      @Override
      public void run() {
        told.add(name);
        try {
          end.await();
        } catch (InterruptedException e) {
          told.add("interrupted");
        }
      }

      @Override
      public void refuse(IOException reason) {
        told.add("refused");
      }
    };
  }

  /** Three pulls and the one beyond, with others that wait behind them. */
  private static final List<String> CROWD =
      List.of(
          "a.example/1", "a.example/2", "a.example/3", "b.example/4", "a.example/5", "b.example/6");

  /** A pull in virtual time, which brings as much in each second until it is found too slow. */
  private static final class Steady {
    final LeastRate rate;
    final int bytesPerSecond;

    Steady(PullQueue queue, int bytesPerSecond) {
      this.rate = new LeastRate(LayerPull.RATE_WINDOW, queue::leastRate);
      this.bytesPerSecond = bytesPerSecond;
    }

    boolean isEndedBySecond() {
      try {
        rate.received(bytesPerSecond, SECOND.toNanos());
        return false;
      } catch (IOException e) {
        return true;
      }
    }
  }

  /** Returns the second in which a pull was ended; -1 if none was within 5 minutes. */
  private int secondOfAnEnd(PullQueue queue, int bytesPerSecond) {
    var running = Stream.generate(() -> new Steady(queue, bytesPerSecond)).limit(4).toList();
    for (int second = 1; second < 300; second++) {
      now.addAndGet(SECOND.toNanos());
      if (running.stream().anyMatch(Steady::isEndedBySecond)) {
        return second;
      }
    }
    return -1;
  }

  private void addAll(
      PullQueue queue, LayerPull.Parts parts, List<String> images, CountDownLatch end) {
    for (var image : images) {
      queue.add(new PullFlight(LAYER, image, pull(parts)), true, held(image, end));
    }
  }

  @Test
  void thirdRegistry_hasATurnWithinMinutes_whereTwoSendJustEnoughToKeepTheirs() throws Exception {
    var first = new CountDownLatch(1);
    var end = new CountDownLatch(1);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var queue = new PullQueue(3, now::get, () -> {})) {
      var parts = parts(store, unpacker, memory());
      addAll(queue, parts, CROWD.subList(0, 1), first);
      addAll(queue, parts, CROWD.subList(1, CROWD.size()), end);
      addAll(queue, parts, List.of("third.example/7"), end);
      Eventually.asserted(() -> assertThat(told).hasSize(4));

      assertThat(secondOfAnEnd(queue, 20 << 10)).isBetween(60, 120);
      first.countDown();

      Eventually.asserted(() -> assertThat(told).hasSize(5).last().isEqualTo("third.example/7"));
      assertThat(queue.leastRate()).as("nobody is without a turn").isEqualTo(16 << 10);
      end.countDown();
      Eventually.asserted(() -> assertThat(told).hasSize(7));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pullIsNotEnded_whereItIsFast_orNobodyIsWithoutATurn(boolean isFast) throws Exception {
    var end = new CountDownLatch(1);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var queue = new PullQueue(3, now::get, () -> {})) {
      var parts = parts(store, unpacker, memory());
      addAll(queue, parts, CROWD, end);
      addAll(queue, parts, isFast ? List.of("third.example/7") : List.of(), end);
      Eventually.asserted(() -> assertThat(told).hasSize(4));

      assertThat(secondOfAnEnd(queue, isFast ? 1 << 20 : 20 << 10)).isEqualTo(-1);
      now.addAndGet(Duration.ofDays(1).toNanos());
      assertThat(queue.leastRate()).isEqualTo(isFast ? 16 << 20 : 16 << 10);
      end.countDown();
      Eventually.asserted(() -> assertThat(told).hasSize(isFast ? 7 : 6));
    }
  }

  @Test
  void registryWhoseTurnEnds_goesBehindOneThatHasNone() throws Exception {
    var beyond = new CountDownLatch(1);
    var end = new CountDownLatch(1);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var queue = new PullQueue(1, now::get, () -> {})) {
      var parts = parts(store, unpacker, memory());
      addAll(queue, parts, List.of("a.example/1"), end);
      addAll(queue, parts, List.of("b.example/2"), beyond);
      addAll(queue, parts, List.of("b.example/3"), end);
      now.addAndGet(SECOND.toNanos());
      addAll(queue, parts, List.of("c.example/4"), end);
      Eventually.asserted(() -> assertThat(told).hasSize(2));
      now.addAndGet(SECOND.toNanos());
      beyond.countDown();

      Eventually.asserted(() -> assertThat(told).hasSize(3).last().isEqualTo("c.example/4"));
      end.countDown();
      Eventually.asserted(() -> assertThat(told).hasSize(4));
    }
  }

  @Test
  void pullThatDoesNotEnd_holdsUpTheEndForATimeOnly() throws Exception {
    var end = new CountDownLatch(1);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var queue = new PullQueue(1, now::get, () -> {})) {
      var parts = parts(store, unpacker, memory());
      addAll(queue, parts, List.of("a/1"), end);
      Eventually.asserted(() -> assertThat(told).hasSize(1));

      assertThat(queue.endWithin(Duration.ofMillis(20))).isFalse();
      addAll(queue, parts, List.of("b/2"), end);
      end.countDown();

      assertThat(queue.endWithin(Eventually.PATIENCE)).isTrue();
      assertThat(told).hasSize(1);
    }
  }

  /** What is pulled ahead of its client can wait; it ends nothing that a client waits for. */
  @Test
  void leastRate_growsForClientsAlone() throws Exception {
    var end = new CountDownLatch(1);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var queue = new PullQueue(1, now::get, () -> {})) {
      var parts = parts(store, unpacker, memory());
      addAll(queue, parts, List.of("a.example/1", "b.example/2"), end);
      var ahead = new PullFlight(LAYER, "c.example/3", pull(parts));
      queue.add(ahead, false, held("c.example/3", end));
      now.addAndGet(Duration.ofMinutes(5).toNanos());
      assertThat(queue.leastRate()).isEqualTo(16 << 10);

      queue.hurry(ahead);

      assertThat(queue.leastRate()).isEqualTo(16 << 10);
      now.addAndGet(Duration.ofMinutes(5).toNanos());
      assertThat(queue.leastRate()).isEqualTo(16 << 15);
      end.countDown();
      Eventually.asserted(() -> assertThat(told).hasSize(3));
    }
  }

  private static IndexMemory memory() {
    return new IndexMemory(64 << 20, 1);
  }

  @Test
  void pullWhoseFilesCannotBeMade_takesNoMemoryForItsIndex() throws IOException {
    var memory = memory();
    try (var store = LayerStore.open(directory, StoreOptions.defaults().withDisk(fullDisk()));
        var unpacker = new LayerUnpacker(Limits.DEFAULT)) {
      var pull = pull(parts(store, unpacker, memory));
      assertThatThrownBy(() -> pull.run(() -> false).close()).hasMessage("No space left on device");
    }
    memory.share("next", Duration.ZERO).close();
  }

  @Test
  void pullAhead_isGivenUpUnlessAClientWaits_andNobodyJoinsItThen() throws IOException {
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT)) {
      var awaited = new PullFlight(LAYER, "a/b", pull(parts(store, unpacker, memory())));
      assertThat(awaited.join(/* isAwaited= */ false)).isTrue();
      assertThat(awaited.join(/* isAwaited= */ true)).isTrue();
      assertThat(awaited.giveUpUnlessAwaited()).isFalse();

      var ahead = new PullFlight(LAYER, "a/b", pull(parts(store, unpacker, memory())));
      assertThat(ahead.join(/* isAwaited= */ false)).isTrue();
      assertThat(ahead.giveUpUnlessAwaited()).isTrue();
      assertThat(ahead.join(/* isAwaited= */ true)).isFalse();
    }
  }
}
