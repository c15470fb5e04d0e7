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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PullQueueTest {
  private static final Digest LAYER = Digest.sha256(new byte[1]);

  /** A stack larger than any address space: the kernel gives no such thread. */
  private static final ThreadFactory NONE = Thread.ofPlatform().stackSize(1L << 60).factory();

  private static final ThreadFactory SOME = Thread.ofPlatform().daemon().factory();

  @TempDir Path directory;
  private final List<String> told = new CopyOnWriteArrayList<>();

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
        new LayerPull.PullClock(System::nanoTime, () -> false));
  }

  @Test
  void withoutAThread_aPullIsRefused_andTheNextOneRuns() throws IOException {
    var hasThreads = new AtomicBoolean();
    ThreadFactory factory = work -> (hasThreads.get() ? SOME : NONE).newThread(work);
    try (var store = LayerStore.open(directory, StoreOptions.defaults());
        var unpacker = new LayerUnpacker(Limits.DEFAULT);
        var queue = new PullQueue(1, () -> {}, factory)) {
      var flight = new PullFlight(LAYER, "a/b", pull(parts(store, unpacker, memory())));
      queue.add(flight, true, new Told());
      assertThat(told).singleElement().asString().startsWith("no thread to pull it with");

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
        var queue = new PullQueue(2, () -> {})) {
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
      Eventually.asserted(() -> assertThat(told).contains("other.example/d"));
      assertThat(told)
          .containsExactlyInAnyOrder("slow.example/a", "slow.example/b", "other.example/d");
      assertThat(queue.hasWaiting()).isTrue();

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

  private static IndexMemory memory() {
    return new IndexMemory(64 << 20, 1);
  }

  @Test
  void pullWhoseFilesCannotBeMade_takesNoMemoryForItsIndex() throws IOException {
    var memory = memory();
    try (var store = LayerStore.open(directory, StoreOptions.defaults().withDisk(fullDisk()));
        var unpacker = new LayerUnpacker(Limits.DEFAULT)) {
      var pull = pull(parts(store, unpacker, memory));
      assertThatThrownBy(() -> pull.run().close()).hasMessage("No space left on device");
    }
    memory.share("next", Duration.ZERO).close();
  }
}
