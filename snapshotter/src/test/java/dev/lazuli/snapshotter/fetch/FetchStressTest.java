package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.ChunkMissingException;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.cache.disk.HolePuncher;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers, prefetch, background work, faults, eviction, detaching and restarts at random, from
 * {@code lazuli.stress.seed}, for {@code lazuli.stress.lives} of a daemon (80 in continuous
 * integration, 6 elsewhere): every read is right or an error, every reader is answered in time,
 * every present chunk is right, nothing is left open.
 */
final class FetchStressTest {
  private static final boolean CI = "true".equals(System.getenv("CI"));
  private static final int LIVES = Integer.getInteger("lazuli.stress.lives", CI ? 80 : 6);

  /** After so many reads a life ends. */
  private static final int READS = 400;

  private static final long SEED = Long.getLong("lazuli.stress.seed", System.nanoTime());
  private static final Duration DEADLINE = Duration.ofSeconds(2);
  private static final HolePuncher ZEROES =
      (file, offset, length) -> {
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
          data.seek(offset);
          data.write(new byte[Math.toIntExact(length)]);
        }
      };

  private enum End {
    TIDY,
    DAEMON_CRASH,
    MACHINE_CRASH
  }

  private final Random random = new Random(SEED);
  private final List<TestBlob> blobs = new ArrayList<>();
  private final List<TestSource> sources = new ArrayList<>();
  private final Queue<String> broken = new ConcurrentLinkedQueue<>();

  private final List<CompletableFuture<Void>> prefetched = new ArrayList<>();
  private @Nullable FetchScheduler running;

  private final AtomicInteger evicted = new AtomicInteger();
  private final AtomicInteger reads = new AtomicInteger();

  @TempDir Path root;

  @Test
  void whateverHappens_bytesAreRightOrAnError() throws Exception {
    System.out.println("fetch stress: seed " + SEED + ", " + LIVES + " lives");
    for (int i = 0; i < 5; i++) {
      blobs.add(new TestBlob(SEED + i, 60, 20_000, 1 + i % 3 * 3));
      sources.add(new TestSource(blobs.get(i).blob));
    }
    UUID boot = new UUID(1, 1);
    for (int life = 0; life < LIVES && broken.isEmpty(); life++) {
      End how = End.values()[random.nextInt(End.values().length)];
      reads.set(0);
      oneLife(boot, how);
      boot = how == End.DAEMON_CRASH ? boot : new UUID(1, random.nextLong());
    }
    assertThat(broken).as("seed %d", SEED).isEmpty();
  }

  /** From one start of the daemon to its end. */
  private void oneLife(UUID boot, End how) throws Exception {
    var options =
        StoreOptions.defaults()
            .withBootId(boot)
            .withPuncher(ZEROES)
            .withOpenLayers(2)
            .withQuota(2_200_000)
            .withCheckpointInterval(Duration.ofMillis(50));
    sources.forEach(this::misbehave);
    OpenFiles before = OpenFiles.now();
    var handles = new ArrayList<LayerData>();
    try (var store = LayerStore.open(root, options)) {
      store.enforceQuota();
      for (TestBlob blob : blobs) {
        handles.add(blob.addTo(store));
      }
      fetchAndRead(handles);
      check(handles);
      if (how == End.TIDY) {
        handles.forEach(LayerData::close);
      }
    }
    if (how == End.TIDY) {
      before.assertNothingAdded();
    }
    if (how == End.MACHINE_CRASH) {
      for (LayerData data : handles) {
        loseBytes(data);
      }
    }
  }

  private void fetchAndRead(List<LayerData> handles) throws Exception {
    var options =
        FetchOptions.DEFAULT
            .withStreams(6, 3, 2)
            .withSizes(32 << 10, 128 << 10, 128 << 10, 256 << 10)
            .withReadDeadline(DEADLINE)
            .withStallTimeout(Duration.ofMillis(150));
    try (var scheduler = new FetchScheduler(options, Limits.DEFAULT, FetchListener.NONE)) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < blobs.size(); i++) {
        TestBlob blob = blobs.get(i);
        LayerData data = handles.get(i);
        LayerFetch fetch = scheduler.attach(data, sources.get(i), Compression.GZIP);
        if (random.nextBoolean()) {
          fetch.background();
        }
        for (int r = random.nextInt(3); r > 0; r--) {
          prefetched.add(fetch.prefetch(scatteredRuns(blob.count())));
        }
        for (int r = 0; r < 2; r++) {
          threads.add(Thread.startVirtualThread(() -> read(blob, data, fetch)));
        }
        if (random.nextInt(4) == 0) {
          threads.add(Thread.startVirtualThread(() -> closeLater(fetch)));
        }
      }
      for (Thread thread : threads) {
        thread.join();
      }
      running = scheduler;
    }
    for (CompletableFuture<Void> list : prefetched) {
      if (!settles(list)) {
        broken.add("a prefetched list was never answered");
      }
    }
    prefetched.clear();
  }

  private List<ChunkRun> scatteredRuns(int chunks) {
    var runs = new ArrayList<ChunkRun>();
    for (int at = random.nextInt(10); at < chunks; at += 2 + random.nextInt(20)) {
      runs.add(new ChunkRun(at, Math.min(chunks, at + 1 + random.nextInt(2))));
    }
    return runs;
  }

  /** Whether a future of a layer that was detached is done in the end, one way or the other. */
  private static boolean settles(CompletableFuture<Void> future) throws InterruptedException {
    try {
      future.get(30, TimeUnit.SECONDS);
      return true;
    } catch (CancellationException | ExecutionException e) {
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  /** Changes a byte that was never synced. */
  private void loseBytes(LayerData data) throws IOException {
    boolean clean;
    try (var present =
        new RandomAccessFile(data.dataPath().resolveSibling("present").toFile(), "r")) {
      present.seek(12);
      clean = present.read() == 1;
    }
    if (!clean) {
      try (var file = new RandomAccessFile(data.dataPath().toFile(), "rw")) {
        long at = random.nextLong(file.length());
        file.seek(at);
        int old = file.read();
        file.seek(at);
        file.write(old ^ 1);
      }
    }
  }

  /** Fails, sends wrong bytes or is slow, which takes time. */
  private void misbehave(TestSource source) {
    int faults = random.nextInt(4);
    source.rangesAtOnce = 1 + random.nextInt(3) * 4;
    source.singleAfterAll = random.nextInt(4) == 0;
    source.onOpen =
        (_, _) -> {
          switch (roll(faults)) {
            case 0 -> throw new IOException("503");
            case 1 -> Thread.sleep(300);
            default -> {}
          }
        };
    source.onPiece =
        (_, _) -> {
          int roll = roll(faults);
          source.corrupt = roll == 0;
          switch (roll) {
            case 1 -> throw new IOException("reset");
            case 2 -> Thread.sleep(200);
            case 3 -> Thread.sleep(1);
            default -> {}
          }
        };
  }

  /** Returns 0 to 3 now and then, more often the more faults. */
  private static int roll(int faults) {
    return faults == 0 ? 99 : ThreadLocalRandom.current().nextInt(120 / faults);
  }

  private void read(TestBlob blob, LayerData data, LayerFetch fetch) {
    var mine = ThreadLocalRandom.current();
    while (reads.getAndIncrement() < READS && broken.isEmpty()) {
      int from = mine.nextInt(blob.count());
      int to = Math.min(blob.count(), from + 1 + mine.nextInt(4));
      long start = System.nanoTime();
      try {
        fetch.demand(from, to).get(DEADLINE.toSeconds() + 30, TimeUnit.SECONDS);
        for (int chunk = from; chunk < to; chunk++) {
          if (!blob.isRight(data, chunk)) {
            broken.add("wrong bytes in chunk " + chunk + " of " + blob.digest);
          }
        }
      } catch (ChunkMissingException e) {
        evicted.incrementAndGet();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof FetchFailedException)) {
          broken.add("unexpected " + e.getCause());
        }
        if (e.getMessage() != null && e.getMessage().contains("detached")) {
          return;
        }
      } catch (TimeoutException e) {
        broken.add("no answer in " + (System.nanoTime() - start) / 1_000_000 + " ms");
      } catch (IOException | InterruptedException e) {
        broken.add("unexpected " + e);
      }
    }
  }

  /** Detaches a layer in the middle of a life. */
  private void closeLater(LayerFetch fetch) {
    Eventually.until(() -> reads.get() > READS / 2 || !broken.isEmpty());
    fetch.close();
  }

  private void check(List<LayerData> handles) throws IOException {
    if (running != null && running.openStreams() != 0) {
      broken.add(running.openStreams() + " streams left");
    }
    for (int i = 0; i < blobs.size(); i++) {
      if (sources.get(i).open.get() != 0) {
        broken.add(sources.get(i).open.get() + " bodies left open");
      }
      LayerData data = handles.get(i);
      for (int chunk = 0; chunk < blobs.get(i).count(); chunk++) {
        try {
          if (data.isPresent(chunk) && !blobs.get(i).isRight(data, chunk)) {
            broken.add("present chunk " + chunk + " of " + blobs.get(i).digest + " is wrong");
          }
        } catch (ChunkMissingException e) {
          evicted.incrementAndGet();
        }
      }
    }
  }
}
