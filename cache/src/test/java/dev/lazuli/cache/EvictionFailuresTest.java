package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What eviction does when files cannot be deleted, or their blocks not freed. */
final class EvictionFailuresTest extends EvictionRig {
  /** Fails as long as it is told to. */
  private final AtomicReference<Optional<RuntimeException>> trouble =
      new AtomicReference<>(Optional.empty());

  private void punchUnlessTroubled(Path file, long offset, long length) throws IOException {
    if (trouble.get().isPresent()) {
      throw trouble.get().get();
    }
    ZEROES.punch(file, offset, length);
  }

  @Test
  void evictor_outlivesWhatItDoesNotExpect_andComesBackToWhatItLeft() throws Exception {
    var layer = new TestLayer(100, 20, 10_000);
    var options = StoreOptions.defaults().withQuota(100_000).withReuseEntries(0);
    try (var store = LayerStore.open(root, options.withPuncher(this::punchUnlessTroubled));
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      trouble.set(Optional.of(new IllegalStateException("a fault in the program")));
      store.enforceQuota();
      await().atMost(ONE_MINUTE).until(() -> data.presentCount() < layer.chunks.size());
      assertThat(store.usedBytes()).isGreaterThan(100_000);

      trouble.set(Optional.empty());
      await().atMost(ONE_MINUTE).until(() -> store.usedBytes() <= 100_000);
    }
  }

  @Test
  @SuppressWarnings("MustBeClosed") // Given free by the test.
  void quotaThatCannotBeKept_isKeptOnceSomethingIsGivenFree() throws Exception {
    var layer = new TestLayer(100, 20, 10_000);
    try (var store = open(100_000);
        LayerData data = layer.addTo(store)) {
      Pin pin = data.pin();
      layer.writeAll(data);
      store.enforceQuota();
      layer.readsRight(data, 0);
      assertThat(data.presentCount()).isEqualTo(layer.chunks.size());

      pin.close();
      await().atMost(ONE_MINUTE).until(() -> store.usedBytes() <= 100_000);
    }
  }

  @Test
  void chunkWhoseBlocksCouldNotBeFreed_isCounted_andFreedTheNextTime() throws Exception {
    var layer = new TestLayer(100, 20, 10_000);
    var disk = new FaultyDisk();
    var options = StoreOptions.defaults().withReuseEntries(0).withDisk(disk);
    try (var store = LayerStore.open(root, options.withPuncher(disk::punch));
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      long used = store.usedBytes();
      disk.failAll(DiskOperation.PUNCH, DiskFault.EIO);
      store.shrinkTo(used / 2);
      assertThat(store.usedBytes()).isEqualTo(used);
      assertThat(data.presentCount()).isLessThan(layer.chunks.size());

      disk.heal();
      store.shrinkTo(used / 2);
      assertThat(store.usedBytes()).isBetween(used / 3, used / 2);
      layer.writeAll(data);
      assertThat(store.usedBytes()).isEqualTo(used);
      assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
    }
  }

  @Test
  void layerThatIsDeletedByHalf_isCountedUntilTheRestIsGone() throws Exception {
    var layer = new TestLayer(100, 20, 10_000);
    var disk = new FaultyDisk();
    try (var store = LayerStore.open(root, StoreOptions.defaults().withDisk(disk))) {
      try (LayerData data = layer.addTo(store)) {
        layer.writeAll(data);
      }
      long used = store.usedBytes();
      disk.failAll(DiskOperation.OTHER, DiskFault.EIO);
      assertThat(store.remove(layer.digest)).isTrue();
      assertThat(store.usedBytes()).isEqualTo(used);
      assertThat(store.find(layer.digest)).isEmpty();

      disk.heal();
      store.shrinkTo(Long.MAX_VALUE);
      assertThat(store.usedBytes()).isZero();
      assertThat(root.resolve("tmp")).isEmptyDirectory();
    }
  }

  @Test
  void layerWhoseDeletingFailsUnexpectedly_isDeletedLater() throws Exception {
    var gone = new TestLayer(1, 3, 5000);
    var disk = new FaultyDisk();
    var options =
        StoreOptions.defaults().withDisk(disk).withCheckpointInterval(Duration.ofMillis(10));
    try (var store = LayerStore.open(root, options)) {
      gone.addTo(store).close();
      disk.failAll(DiskOperation.OTHER, DiskFault.BUG);
      assertThat(store.remove(gone.digest)).isTrue();
      disk.failAll(DiskOperation.OTHER, DiskFault.BUG);
      await().atMost(ONE_MINUTE).until(disk::struck); // By a round of checkpoints.

      disk.heal();

      await().atMost(ONE_MINUTE).until(() -> isEmpty(root.resolve("tmp")));
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }
}
