package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class EvictionTest extends EvictionRig {
  private List<TestLayer> fill(LayerStore store, int count) throws IOException {
    var layers = new ArrayList<TestLayer>();
    for (int i = 0; i < count; i++) {
      var layer = new TestLayer(i, 20, 10_000);
      now.set(Instant.ofEpochSecond(1000 + i));
      try (LayerData data = layer.addTo(store)) {
        layer.writeAll(data);
      }
      layers.add(layer);
    }
    return layers;
  }

  @Test
  void overQuota_unusedLayersGo_longestUnusedFirst() throws Exception {
    try (var store = open(2_000_000)) {
      List<TestLayer> layers = fill(store, 10);
      assertThat(store.usedBytes()).isGreaterThan(2_000_000);
      store.enforceQuota();

      await().atMost(ONE_MINUTE).until(() -> store.usedBytes() <= 1_900_000);
      assertThat(store.list().size()).isBetween(3, 9);
      int gone = 10 - store.list().size();
      for (int i = 0; i < 10; i++) {
        assertThat(store.find(layers.get(i).digest).isPresent()).isEqualTo(i >= gone);
      }
    }
  }

  @Test
  @SuppressWarnings("MustBeClosed") // Given free by the test.
  void overQuota_pinnedLayerStaysWhole_layerInUseLosesChunks() throws Exception {
    var pinned = new TestLayer(100, 20, 10_000);
    var served = new TestLayer(101, 20, 10_000);
    try (var store = open(300_000);
        LayerData pinnedData = pinned.addTo(store);
        LayerData servedData = served.addTo(store)) {
      Pin pin = pinnedData.pin();
      pinned.writeAll(pinnedData);
      served.writeAll(servedData);
      store.enforceQuota();

      await().atMost(ONE_MINUTE).until(() -> servedData.presentCount() == 0);
      assertThat(pinned.read(pinnedData, 0, (int) pinned.dataSize)).isEqualTo(pinned.content());
      assertThatThrownBy(() -> served.read(servedData, 0, 1))
          .isInstanceOf(ChunkMissingException.class);
      pin.close();
      pin.close();
    }
  }

  @Test
  void keptLayer_staysUntilItIsLetGo_alsoOverARestart() throws Exception {
    var kept = new TestLayer(100, 20, 10_000);
    var other = new TestLayer(101, 20, 10_000);
    try (var store = open(0)) {
      for (var layer : List.of(kept, other)) {
        try (LayerData data = layer.addTo(store)) {
          layer.writeAll(data);
        }
      }
      assertThat(store.keep(kept.digest, true)).isTrue();
      assertThat(store.keep(Digest.ofSha256(new byte[32]), true)).isFalse();
    }
    try (var store = open(0)) {
      store.shrinkTo(0);

      assertThat(store.list()).extracting(LayerRecord::digest).containsExactly(kept.digest);
      assertThat(store.evictableBytes(kept.digest)).isZero();
      assertThatThrownBy(() -> store.remove(kept.digest)).isInstanceOf(LayerInUseException.class);
      try (LayerData data = store.find(kept.digest).orElseThrow()) {
        assertThat(data.presentCount()).isEqualTo(kept.chunks.size());
        assertThat(data.record().pinned()).isNotNull();
      }

      store.keep(kept.digest, false);
      assertThat(store.evictableBytes(kept.digest)).isEqualTo(store.usedBytes()).isPositive();
      long freed = store.evictedBytes() + store.usedBytes();
      store.shrinkTo(0);
      assertThat(store.list()).isEmpty();
      assertThat(store.usedBytes()).isZero();
      assertThat(store.evictedBytes()).isEqualTo(freed);
    }
  }

  @Test
  void pinWithoutOpening_keepsTheLayer() throws Exception {
    var layer = new TestLayer(100, 20, 10_000);
    try (var store = open(0)) {
      layer.addTo(store).close();
      try (var _ = store.pin(layer.digest).orElseThrow()) {
        store.shrinkTo(0);
        assertThat(store.list()).hasSize(1);
      }
      store.shrinkTo(0);
      assertThat(store.list()).isEmpty();
    }
  }

  @Test
  void completeLayerInUse_losesNothing_pinnedOrNot() throws Exception {
    var layer = new TestLayer(102, 20, 10_000);
    try (var store = open(0);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      assertThat(data.seal()).isTrue();
      store.shrinkTo(0);

      assertThat(data.complete()).isTrue();
      assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
    }
  }

  @Test
  void room_isLeft_untilATenthOfTheQuotaIs() throws Exception {
    var layer = new TestLayer(103, 40, 10_000);
    try (var store = open(500_000);
        LayerData data = layer.addTo(store)) {
      int chunk = 0;
      while (data.hasRoomFor(chunk)) {
        layer.write(data, chunk++);
      }
      assertThat(store.usedBytes()).isBetween(450_000L - 12_288, 450_000L);
    }
    try (var store = open(0);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.hasRoomFor(0)).isTrue();
    }
  }

  @Test
  void chunksReadLately_outliveOthers() throws Exception {
    var layer = new TestLayer(100, 100, 10_000);
    try (var store = open(1);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      int count = layer.chunks.size();
      long whole = store.usedBytes();
      store.shrinkTo(whole - 1); // The hand passes all of them once and takes the first.
      for (int chunk = 10; chunk < count; chunk += 10) {
        layer.readsRight(data, chunk);
      }
      store.shrinkTo(whole / 2);

      assertThat(data.presentCount()).isBetween(count / 3, 2 * count / 3);
      for (int chunk = 10; chunk < count; chunk += 10) {
        assertThat(data.isPresent(chunk)).isTrue();
      }
    }
  }

  @Test
  void readersDuringEviction_seeRightBytesOrNone() throws Exception {
    var layer = new TestLayer(100, 10, 10_000);
    try (var store = open(1);
        LayerData data = layer.addTo(store)) {
      var rounds = new AtomicInteger();
      var reader =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; rounds.get() < 100; i++) {
                  readsRightOrNothing(layer, data, i % layer.chunks.size());
                }
              });
      while (!reader.isDone()) {
        layer.writeAll(data);
        store.shrinkTo(0);
        rounds.incrementAndGet();
      }
      reader.join();
    }
  }

  private static void readsRightOrNothing(TestLayer layer, LayerData data, int chunk) {
    try {
      assertThat(layer.readsRight(data, chunk)).isTrue();
    } catch (ChunkMissingException e) {
      // Evicted, as it may be.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void usedBytes_areTheSameAfterReopening() throws Exception {
    long used;
    try (var store = open(0)) {
      fill(store, 3);
      used = store.usedBytes();
    }
    try (var store = open(0)) {
      await().atMost(ONE_MINUTE).until(() -> store.usedBytes() == used);
      for (LayerRecord record : store.list()) {
        assertThat(store.remove(record.digest())).isTrue();
      }
      assertThat(store.usedBytes()).isZero();
    }
  }

  @Test
  void orderOfUse_outlivesARestart_andCountingTheLayersAgain() throws Exception {
    List<TestLayer> layers;
    try (var store = open(0)) {
      layers = fill(store, 10);
      now.set(Instant.ofEpochSecond(2000));
      for (int read : new int[] {7, 2}) {
        try (LayerData data = store.find(layers.get(read).digest).orElseThrow()) {
          assertThat(layers.get(read).readsRight(data, 0)).isTrue();
        }
        now.set(now.get().plusSeconds(1));
      }
    }
    now.set(Instant.ofEpochSecond(3000));
    try (var store = open(0)) {
      store.shrinkTo(Long.MAX_VALUE);
      for (LayerRecord record : store.list()) {
        try (LayerData data = store.find(record.digest()).orElseThrow()) {
          data.checkpoint();
        }
      }
      for (int expected : new int[] {0, 1, 3, 4, 5, 6, 8, 9, 7, 2}) {
        assertThat(store.find(layers.get(expected).digest)).hasValueSatisfying(LayerData::close);
        store.shrinkTo(store.usedBytes() - 1);
        assertThat(store.find(layers.get(expected).digest)).isEmpty();
      }
    }
  }

  @Test
  void layerReadWholeFasterThanItIsEvicted_isNotComplete_andShrinksToTheQuota() throws Exception {
    var layer = new TestLayer(100, 20, 10_000);
    try (var store = open(100_000);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      assertThat(data.presentCount()).isEqualTo(layer.chunks.size());

      assertThat(data.seal()).isFalse();

      store.enforceQuota();
      await().atMost(ONE_MINUTE).until(() -> store.usedBytes() <= 100_000);
    }
  }
}
