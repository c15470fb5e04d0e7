package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A layer whose content is written before it becomes part of the store. */
final class WholeLayerTest {
  private static final UUID ANOTHER_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000003");

  private final TestLayer layer = new TestLayer(1, 20, 10_000);
  private final LayerProof proof =
      new LayerProof(Digest.sha256(new byte[] {1}), null, Instant.EPOCH);

  @TempDir Path root;

  private LayerData add(LayerStore store) throws IOException {
    try (NewLayer made = store.create(layer.record())) {
      write(made);
      return made.commitWhole("NONE", proof);
    }
  }

  private void write(NewLayer made) throws IOException {
    for (var chunk : layer.chunks) {
      made.data().write(chunk.dataOffset(), ByteBuffer.wrap(chunk.content()));
    }
    layer.fill(made);
    made.starts().add(7, 3, 0, ByteBuffer.wrap(new byte[] {1, 2}));
    made.chunks().dataSize(layer.dataSize);
  }

  @Test
  void wholeLayer_isCompleteAndProved_alsoAfterTheMachineStopped() throws IOException {
    try (var store = LayerStore.open(root, StoreOptions.defaults());
        LayerData data = add(store)) {
      assertWhole(store, data);
    }
    var later = StoreOptions.defaults().withBootId(ANOTHER_BOOT);
    try (var store = LayerStore.open(root, later);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertWhole(store, data);
    }
  }

  private void assertWhole(LayerStore store, LayerData data) throws IOException {
    assertThat(data.complete()).isTrue();
    assertThat(data.record().proof()).isEqualTo(proof);
    assertThat(data.record().compression()).isEqualTo("NONE");
    assertThat(data.nextMissing(0, layer.chunks.size())).isEqualTo(-1);
    assertThat(data.starts().find(7)).isZero();
    assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
    assertThat(store.usedBytes()).isBetween(layer.dataSize, layer.dataSize + 50_000);
  }

  @Test
  void layerWhoseStartsAreDamaged_isNotOpened() throws IOException {
    try (var store = LayerStore.open(root, StoreOptions.defaults())) {
      add(store).close();
    }
    try (Stream<Path> files = Files.walk(root)) {
      var starts = files.filter(file -> file.endsWith("starts")).findFirst().orElseThrow();
      var bytes = Files.readAllBytes(starts);
      bytes[32]++;
      Files.write(starts, bytes);
    }
    try (var store = LayerStore.open(root, StoreOptions.defaults())) {
      assertThatThrownBy(() -> store.find(layer.digest))
          .isInstanceOf(CacheCorruptException.class)
          .hasMessageContaining("checksum");
    }
  }

  @Test
  void layerOfEarlier_isAddedProved_withNothingPresent() throws IOException {
    try (var store = LayerStore.open(root, StoreOptions.defaults());
        NewLayer made = store.create(layer.record())) {
      layer.fill(made);
      made.chunks().dataSize(layer.dataSize);
      try (var data = made.commitProved(proof)) {
        assertThat(data.complete()).isFalse();
        assertThat(data.presentCount()).isZero();
        assertThat(data.record().proof()).isEqualTo(proof);
        assertThat(data.starts().count()).isZero();
      }
    }
  }

  @Test
  void layerThatIsGivenUp_leavesNothing_andIsNoLongerCounted() throws IOException {
    try (var store = LayerStore.open(root, StoreOptions.defaults())) {
      try (NewLayer made = store.create(layer.record())) {
        write(made);
        assertThat(store.usedBytes()).isGreaterThanOrEqualTo(layer.dataSize - 4096);
      }
      assertThat(store.usedBytes()).isZero();
      assertThat(store.find(layer.digest)).isEmpty();
      assertThat(filesBelow("layers")).isZero();
      assertThat(filesBelow("tmp")).isZero();
    }
  }

  private long filesBelow(String name) throws IOException {
    try (Stream<Path> files = Files.walk(root.resolve(name))) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void layerThatIsMoreThanTheQuota_isRefusedWhileItIsWritten() throws IOException {
    var options = StoreOptions.defaults().withQuota(layer.dataSize / 2);
    try (var store = LayerStore.open(root, options);
        NewLayer made = store.create(layer.record())) {
      assertThatThrownBy(() -> write(made)).hasMessageContaining("cache.quota");
    }
  }

  @Test
  void layerForWhichNothingCanGo_isRefused_andWhatIsThereStays() throws IOException {
    var options = StoreOptions.defaults().withQuota(layer.dataSize + 100_000);
    var other = new TestLayer(2, 20, 10_000);
    try (var store = LayerStore.open(root, options);
        LayerData there = other.addTo(store);
        Pin _ = there.pin()) {
      store.enforceQuota();
      other.writeAll(there);

      assertThatThrownBy(() -> add(store)).hasMessageContaining("cache.quota");

      assertThat(there.nextMissing(0, other.chunks.size())).isEqualTo(-1);
    }
  }

  /** What fails at the very end may have left the layer, but then it is whole. */
  private void assertNotThereInPart(LayerStore store) throws IOException {
    var there = store.find(layer.digest);
    if (there.isPresent()) {
      try (var data = there.get()) {
        assertThat(data.complete()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EIO", "ENOSPC", "EMFILE"})
  void anyOperationFails_theLayerIsNotThere_andWorksOnceItHeals(DiskFault fault)
      throws IOException {
    boolean struck = true;
    for (int n = 0; struck; n++) {
      Path place = root.resolve("store" + n);
      var disk = new FaultyDisk();
      try (var store = LayerStore.open(place, StoreOptions.defaults().withDisk(disk))) {
        disk.failAt(n, fault, true);
        try (LayerData data = add(store)) {
          assertThat(data.complete()).isTrue();
        } catch (IOException e) {
          disk.heal();
          assertNotThereInPart(store);
        }
        struck = disk.struck();
        disk.heal();
        try (LayerData data = add(store)) {
          assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
        }
      }
    }
  }
}
