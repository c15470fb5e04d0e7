package dev.lazuli.snapshotter.knowledge;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.snapshotter.bulk.UnindexedLayer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("MustBeClosedChecker") // The store is closed after each test.
final class IndexSourcesTest {
  private static final String IMAGE = "registry.example/app:1";
  private static final Digest LAYER = digest(1);
  private static final Digest INDEX = digest(2);
  private static final Digest OTHER = digest(3);

  @TempDir Path directory;

  private final List<String> asked = new ArrayList<>();
  private LayerStore store;

  @BeforeEach
  void open() throws IOException {
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  private static Digest digest(int seed) {
    return Digest.sha256(new byte[] {(byte) seed});
  }

  private static IndexQuery query() {
    return new IndexQuery(IMAGE, digest(9), LAYER, () -> 100);
  }

  private IndexSources sources(Duration patience, IndexSource... all) {
    IndexAssembly assembly =
        new IndexAssembly(
            store,
            new IndexMemory(16 << 20, 1),
            (_, _, file) -> Files.writeString(file, "meta"),
            Limits.DEFAULT);
    return new IndexSources(List.of(all), assembly, patience);
  }

  private Optional<Digest> addByIndex(IndexSource... all) throws InterruptedException {
    return sources(Duration.ofMinutes(1), all).addByIndex(query(), _ -> false);
  }

  /** A source that has one index of every layer. */
  private IndexSource with(Digest index) {
    return source(index.toString(), () -> Optional.of(new OneIndex(index)));
  }

  private IndexSource without() {
    return source("nothing", Optional::empty);
  }

  private interface Answer {
    Optional<FoundIndex> get() throws IOException, InterruptedException;
  }

  private IndexSource source(String name, Answer answer) {
    return new IndexSource() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Optional<FoundIndex> find(IndexQuery query) throws IOException, InterruptedException {
        asked.add(name);
        return answer.get();
      }
    };
  }

  private record OneIndex(Digest digest) implements FoundIndex {
    @Override
    public long bytes() {
      return 1;
    }

    @Override
    public String registry() {
      return "registry.example";
    }

    @Override
    @MustBeClosed
    public LayerData addTo(IndexAssembly assembly) throws IOException {
      var record = UnindexedLayer.record(LAYER, 100, Compression.NONE, digest).withReference(IMAGE);
      try (var layer = assembly.store().create(record)) {
        Files.writeString(layer.meta(), "meta");
        layer.chunks().dataSize(0);
        return layer.commit();
      }
    }
  }

  @Test
  void firstSourceThatHasAnIndex_bringsTheLayer_unproved() throws Exception {
    assertThat(addByIndex(without(), with(INDEX), with(OTHER))).contains(INDEX);

    assertThat(asked).containsExactly("nothing", INDEX.toString());
    var record = store.record(LAYER).orElseThrow();
    assertThat(record.tocDigest()).isEqualTo(INDEX);
    assertThat(record.isProved()).isFalse();
  }

  @Test
  void sourceThatFails_isPassedOver() throws Exception {
    var broken =
        source(
            "broken",
            () -> {
              throw new IOException("503");
            });

    assertThat(addByIndex(broken)).isEmpty();
    assertThat(addByIndex(broken, with(INDEX))).contains(INDEX);
  }

  @Test
  void sourceThatDoesNotAnswer_isLeftAfterAWhile() throws Exception {
    var never = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    var silent =
        source(
            "silent",
            () -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
              }
              return Optional.empty();
            });

    var found = sources(Duration.ofMillis(50), silent).addByIndex(query(), _ -> false);

    interrupted.await();
    assertThat(found).isEmpty();
  }

  /** An index whose registry sends nothing until it is told to. */
  private record SlowIndex(
      String registry, Semaphore begun, CountDownLatch sends, AtomicInteger most)
      implements FoundIndex {
    @Override
    public Digest digest() {
      return INDEX;
    }

    @Override
    public long bytes() {
      return 1;
    }

    @Override
    public LayerData addTo(IndexAssembly assembly) throws IOException, InterruptedException {
      most.incrementAndGet();
      begun.release();
      sends.await();
      throw new IOException("broken");
    }
  }

  @Test
  void indexesThatAreFetchedAtOnce_areBounded_howeverManyLayersArePulled() throws Exception {
    var begun = new Semaphore(0);
    var sends = new CountDownLatch(1);
    var most = new AtomicInteger();
    var slow = source("slow", () -> Optional.of(new SlowIndex("slow.test", begun, sends, most)));
    var sources = sources(Duration.ofMinutes(1), slow);
    try (var pulls = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        var layer = digest(i + 10);
        var query = new IndexQuery(IMAGE, digest(9), layer, () -> 100);
        var _ = pulls.submit(() -> sources.addByIndex(query, _ -> false));
      }
      begun.acquire(8);

      assertThat(begun.tryAcquire(100, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(most).hasValue(8);
      sends.countDown();
    }
    assertThat(most).hasValue(100);
  }

  @Test
  void layerThatIsThereByAnIndex_isSharedWithoutAsking_orAskedForAgain() throws Exception {
    assertThat(addByIndex(with(INDEX))).contains(INDEX);
    asked.clear();

    var shared = sources(Duration.ofMinutes(1), without()).addByIndex(query(), _ -> true);
    var ofOthers = sources(Duration.ofMinutes(1), without()).addByIndex(query(), _ -> false);
    var ofOthersWithTheSame =
        sources(Duration.ofMinutes(1), with(INDEX)).addByIndex(query(), _ -> false);

    assertThat(shared).contains(INDEX);
    assertThat(ofOthers).isEmpty();
    assertThat(ofOthersWithTheSame).contains(INDEX);
    assertThat(asked).containsExactly("nothing", INDEX.toString());
  }

  @Test
  void layerThatIsThereByAnotherIndex_isMadeAnew_butNotWhileItIsInUse() throws Exception {
    assertThat(addByIndex(with(INDEX))).contains(INDEX);
    try (var inUse = store.find(LAYER).orElseThrow()) {
      assertThat(addByIndex(with(OTHER))).isEmpty();
      assertThat(inUse.record().tocDigest()).isEqualTo(INDEX);
    }

    assertThat(addByIndex(with(OTHER))).contains(OTHER);
    assertThat(store.record(LAYER).orElseThrow().tocDigest()).isEqualTo(OTHER);
  }
}
