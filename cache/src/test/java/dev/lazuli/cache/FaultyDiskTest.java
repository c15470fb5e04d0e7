package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In the life of a store, any one file operation fails, or all from one on. */
final class FaultyDiskTest {
  private static final UUID THIS_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final UUID ANOTHER_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000003");
  private static final UUID NEXT_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000002");

  private final TestLayer first = new TestLayer(1, 3, 5000);
  private final TestLayer second = new TestLayer(2, 3, 5000);
  private final List<TestLayer> layers = List.of(first, second);

  private static final Logger LOG = Logger.getLogger(FaultyDisk.class.getPackageName());

  @TempDir Path directory;

  /** Thousands of faults would be told. */
  @BeforeAll
  static void hush() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void speak() {
    LOG.setLevel(null);
  }

  private interface Step {
    void run() throws IOException;
  }

  @ParameterizedTest
  @CsvSource({
    "EIO, true",
    "EIO, false",
    "ENOSPC, true",
    "ENOSPC, false",
    "EMFILE, true",
    "EMFILE, false"
  })
  void anyOperationFails_noByteIsWrong_andAllIsServedOnceItHeals(DiskFault fault, boolean once)
      throws IOException {
    boolean struck = true;
    for (int n = 0; struck; n += once ? 1 : 3) {
      var disk = new FaultyDisk();
      Path root = Files.createDirectory(directory.resolve("store"));
      disk.failAt(n, fault, once);
      try {
        live(disk, root, fault);
        struck = disk.struck();
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError("operation %d fails with %s".formatted(n, fault), e);
      }
      delete(root);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "EIO, true",
    "EIO, false",
    "ENOSPC, true",
    "ENOSPC, false",
    "EMFILE, true",
    "EMFILE, false"
  })
  void anyOperationFailsAfterARestart_noLayerIsLost(DiskFault fault, boolean once)
      throws IOException {
    Path before = directory.resolve("before");
    try (var store = LayerStore.open(before, options(new FaultyDisk(), THIS_BOOT))) {
      for (TestLayer layer : layers) {
        fill(store, layer);
      }
    }
    boolean struck = true;
    for (int n = 0; struck; n += once ? 1 : 3) {
      var disk = new FaultyDisk();
      Path root = directory.resolve("store");
      FaultyDisk.copy(before, root);
      disk.failAt(n, fault, once);
      try {
        restart(disk, root, fault);
        struck = disk.struck();
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError("operation %d fails with %s".formatted(n, fault), e);
      }
      delete(root);
    }
  }

  private static void delete(Path path) throws IOException {
    try (var walk = Files.walk(path)) {
      for (Path each : (Iterable<Path>) walk.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(each);
      }
    }
  }

  private static StoreOptions options(FaultyDisk disk, UUID boot) throws IOException {
    return StoreOptions.defaults()
        .withBootId(boot)
        .withDisk(disk)
        .withPuncher(disk::punch)
        .withCheckpointInterval(Duration.ofHours(1));
  }

  private static void attempt(Step step) {
    try {
      step.run();
    } catch (IOException e) {
      assertThat(e).isNotInstanceOf(CommitRefusedException.class);
    }
  }

  /** What a node does with a store; a step that fails is followed by the next one. */
  private void live(FaultyDisk disk, Path root, DiskFault fault) throws IOException {
    attempt(
        () -> {
          try (var store = LayerStore.open(root, options(disk, THIS_BOOT))) {
            for (TestLayer layer : layers) {
              attempt(() -> fill(store, layer));
            }
            assertNothingIsWrong(store);
            attempt(() -> store.shrinkTo(store.usedBytes() * 2 / 3));
            assertNothingIsWrong(store);
            attempt(() -> store.remove(first.digest));
            attempt(() -> refill(store, second));
            assertNothingIsWrong(store);
            if (fault == DiskFault.EIO) {
              assertSurvivesCrashes(disk, root, THIS_BOOT);
            }
            disk.heal();
            assertHeals(store, root);
          }
        });
    disk.heal();
    assertThat(disk.openChannels()).isZero();
    try (var store = LayerStore.open(root, options(disk, NEXT_BOOT))) {
      assertHeals(store, root);
    }
  }

  private void restart(FaultyDisk disk, Path root, DiskFault fault) throws IOException {
    attempt(
        () -> {
          try (var store = LayerStore.open(root, options(disk, NEXT_BOOT))) {
            assertNothingIsWrong(store);
            attempt(() -> refill(store, second));
            assertNothingIsWrong(store);
            if (fault == DiskFault.EIO) {
              assertSurvivesCrashes(disk, root, NEXT_BOOT);
            }
            disk.heal();
            assertNoneIsLost(store);
            assertHeals(store, root);
          }
        });
    disk.heal();
    assertThat(disk.openChannels()).isZero();
    try (var store = LayerStore.open(root, options(disk, NEXT_BOOT))) {
      assertHeals(store, root);
    }
  }

  private void assertNoneIsLost(LayerStore store) throws IOException {
    for (TestLayer layer : layers) {
      try (LayerData data = store.find(layer.digest).orElseThrow()) {
        assertThat(data.presentCount()).isPositive();
      }
    }
  }

  private static void fill(LayerStore store, TestLayer layer) throws IOException {
    try (LayerData data = layer.addTo(store)) {
      int count = layer.chunks.size();
      attempt(() -> data.addReference("registry.example/image:1"));
      for (int chunk = 0; chunk < count; chunk += 2) {
        int even = chunk;
        attempt(() -> layer.write(data, even));
      }
      attempt(data::checkpoint);
      attempt(() -> abort(layer, data));
      for (int chunk = 1; chunk < count - 1; chunk += 2) {
        int odd = chunk;
        attempt(() -> layer.write(data, odd));
      }
      assertReadsRight(layer, data);
    }
  }

  private static void abort(TestLayer layer, LayerData data) throws IOException {
    int chunk = data.nextMissing(0, layer.chunks.size());
    if (chunk >= 0) {
      try (Writer writer = data.writer(chunk)) {
        writer.write(ByteBuffer.wrap(layer.chunks.get(chunk).content(), 0, 10));
      }
    }
  }

  private static void refill(LayerStore store, TestLayer layer) throws IOException {
    var found = store.find(layer.digest);
    try (LayerData data = found.isPresent() ? found.get() : layer.addTo(store)) {
      for (int chunk = 0; chunk < layer.chunks.size(); chunk++) {
        int each = chunk;
        attempt(() -> bring(layer, data, each));
      }
      attempt(data::seal);
      assertReadsRight(layer, data);
    }
  }

  private static void bring(TestLayer layer, LayerData data, int chunk) throws IOException {
    if (!data.reuse(chunk)) {
      layer.write(data, chunk);
    }
  }

  private static void assertReadsRight(TestLayer layer, LayerData data) {
    for (int chunk = 0; chunk < layer.chunks.size(); chunk++) {
      int each = chunk;
      attempt(() -> assertThat(layer.readsRight(data, each)).as("chunk %d", each).isTrue());
    }
    assertThat(data.complete() && data.presentCount() < layer.chunks.size()).isFalse();
  }

  private void assertNothingIsWrong(LayerStore store) {
    for (TestLayer layer : layers) {
      attempt(
          () -> {
            var found = store.find(layer.digest);
            if (found.isPresent()) {
              try (LayerData data = found.get()) {
                assertReadsRight(layer, data);
              }
            }
          });
    }
  }

  /** Neither the daemon's nor the machine's end at this point makes a byte wrong. */
  private void assertSurvivesCrashes(FaultyDisk disk, Path root, UUID boot) throws IOException {
    Path sameBoot = directory.resolve("process");
    Path nextBoot = directory.resolve("machine");
    FaultyDisk.copy(root, sameBoot);
    disk.copyDurable(root, nextBoot);
    try (var store = LayerStore.open(sameBoot, options(new FaultyDisk(), boot))) {
      assertNothingIsWrong(store);
    }
    try (var store = LayerStore.open(nextBoot, options(new FaultyDisk(), ANOTHER_BOOT))) {
      assertNothingIsWrong(store);
    }
    delete(sameBoot);
    delete(nextBoot);
  }

  private void assertHeals(LayerStore store, Path root) throws IOException {
    for (TestLayer layer : layers) {
      refill(store, layer);
      try (LayerData data = store.find(layer.digest).orElseThrow()) {
        assertThat(data.complete()).isTrue();
        assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
      }
    }
    assertAccounts(store, root);
    for (TestLayer layer : layers) {
      assertThat(store.remove(layer.digest)).isTrue();
    }
    store.shrinkTo(0);
    assertThat(store.usedBytes()).isZero();
    assertThat(root.resolve("tmp")).isEmptyDirectory();
  }

  /** What the store counts is what another one counts that comes upon the same files. */
  private void assertAccounts(LayerStore store, Path root) throws IOException {
    store.shrinkTo(Long.MAX_VALUE);
    Path copy = directory.resolve("counted");
    FaultyDisk.copy(root, copy);
    try (var other = LayerStore.open(copy, options(new FaultyDisk(), THIS_BOOT))) {
      other.shrinkTo(Long.MAX_VALUE);
      assertThat(store.usedBytes()).isEqualTo(other.usedBytes());
    }
    delete(copy);
  }
}
