package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.disk.CacheCorruptException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LayerStoreTest {
  private final TestLayer layer = new TestLayer(1, 20, 10_000);

  @TempDir Path root;

  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerStore open() throws IOException {
    return LayerStore.open(root, StoreOptions.defaults());
  }

  @Test
  void newLayer_hasNothingPresent() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      assertThat(data.slot()).isEqualTo(1);
      assertThat(data.dataSize()).isEqualTo(layer.dataSize).isEqualTo(Files.size(data.dataPath()));
      assertThat(data.chunks().count()).isEqualTo(layer.chunks.size());
      assertThat(data.firstMissing(0, layer.dataSize)).isZero();
      assertThatThrownBy(() -> layer.read(data, 0, 10)).isInstanceOf(ChunkMissingException.class);
      assertThat(data.complete()).isFalse();
      assertThat(data.seal()).isFalse();
    }
  }

  @Test
  void committedChunks_areReadBack_withPaddingAsZeros() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);

      assertThat(data.firstMissing(0, layer.dataSize)).isEqualTo(-1);
      assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
      assertThat(data.seal()).isTrue();
      assertThat(data.complete()).isTrue();
      assertThat(store.list().getFirst().completed()).isNotNull();
    }
  }

  @Test
  void firstMissing_looksOnlyAtTheRange() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      layer.write(data, 3);
      TestLayer.Chunk chunk = layer.chunks.get(3);
      long end = chunk.dataOffset() + chunk.content().length;

      assertThat(data.firstMissing(chunk.dataOffset(), chunk.content().length)).isEqualTo(-1);
      assertThat(data.firstMissing(chunk.dataOffset() - 1, 2)).isIn(-1, 2);
      assertThat(data.firstMissing(chunk.dataOffset(), layer.dataSize - chunk.dataOffset()))
          .isEqualTo(4);
      assertThat(data.firstMissing(end, 0)).isEqualTo(-1);
    }
  }

  @Test
  void secondWriter_isRefused_untilTheFirstEnds() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      try (Writer _ = data.writer(0)) {
        assertThat(whetherPresent(data, 0)).isFalse();
      }
      layer.write(data, 0);
      assertThat(whetherPresent(data, 0)).isTrue();
    }
  }

  /** Returns what the refusal of a writer says. */
  private static boolean whetherPresent(LayerData data, int chunk) {
    try (Writer _ = data.writer(chunk)) {
      throw new AssertionError("a second writer was not refused");
    } catch (WriterRefusedException e) {
      return e.present();
    }
  }

  @Test
  void commit_beforeTheWholeExtentIsWritten_isRefused_andTheWriterHasFailed() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      TestLayer.Chunk chunk = layer.chunks.getFirst();
      byte[] content = chunk.content();
      try (Writer writer = data.writer(0)) {
        writer.write(ByteBuffer.wrap(content, 0, content.length - 1));
        assertThatThrownBy(() -> writer.commit(chunk.sha256()))
            .isInstanceOf(CommitRefusedException.class)
            .hasMessageContaining("of " + content.length + " bytes");

        assertThatThrownBy(() -> writer.write(ByteBuffer.wrap(content, content.length - 1, 1)))
            .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> writer.commit(chunk.sha256()))
            .isInstanceOf(IllegalStateException.class);
      }
      assertThat(data.isPresent(0)).isFalse();
      layer.write(data, 0);
      assertThat(layer.readsRight(data, 0)).isTrue();
    }
  }

  @Test
  void commit_ofAnotherDigest_isRefused_andTheWriterHasFailed() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      TestLayer.Chunk chunk = layer.chunks.getFirst();
      try (Writer writer = data.writer(0)) {
        writer.write(ByteBuffer.wrap(chunk.content()));
        assertThatThrownBy(() -> writer.commit(new byte[32]))
            .isInstanceOf(CommitRefusedException.class);

        assertThatThrownBy(() -> writer.commit(chunk.sha256()))
            .isInstanceOf(IllegalStateException.class);
      }
      assertThat(data.isPresent(0)).isFalse();
      layer.write(data, 0);
      assertThat(data.isPresent(0)).isTrue();
    }
  }

  @Test
  void writeBeyondTheExtent_isRefused_andTheWriterHasFailed() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      int size = layer.chunks.getFirst().content().length;
      try (Writer writer = data.writer(0)) {
        assertThatThrownBy(() -> writer.write(ByteBuffer.allocate(size + 1)))
            .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> writer.write(ByteBuffer.allocate(1)))
            .isInstanceOf(IllegalStateException.class);
      }
    }
  }

  @Test
  void commit_happensOnce_andClosingAfterItChangesNothing() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      TestLayer.Chunk chunk = layer.chunks.getFirst();
      try (Writer writer = data.writer(0)) {
        writer.write(ByteBuffer.wrap(chunk.content()));
        writer.commit(chunk.sha256());
        assertThatThrownBy(() -> writer.commit(chunk.sha256()))
            .isInstanceOf(IllegalStateException.class);
        writer.abort();
      }
      assertThat(data.isPresent(0)).isTrue();
      assertThat(layer.readsRight(data, 0)).isTrue();
    }
  }

  @Test
  void reopenedStore_knowsLayersAndPresence() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      layer.write(data, 2);
      data.addReference("docker.io/library/debian:13");
    }
    try (var store = open();
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.record().references()).containsExactly("docker.io/library/debian:13");
      assertThat(data.presentCount()).isEqualTo(1);
      assertThat(layer.readsRight(data, 2)).isTrue();
      assertThat(store.list()).containsExactly(data.record());
    }
  }

  @Test
  void slots_areNeverGivenTwice_notEvenAfterRemoval() throws IOException {
    Set<Long> seen = new HashSet<>();
    for (int round = 0; round < 3; round++) {
      try (var store = open()) {
        for (int i = 0; i < 40; i++) {
          try (NewLayer abandoned = store.create(layer.record())) {
            assertThat(seen.add(abandoned.slot())).isTrue();
          }
        }
        try (LayerData data = layer.addTo(store)) {
          assertThat(seen.add(data.slot())).isTrue();
        }
        store.remove(layer.digest);
      }
    }
  }

  @Test
  void abandonedLayer_leavesNothing() throws IOException {
    try (var store = open()) {
      try (NewLayer abandoned = store.create(layer.record())) {
        layer.fill(abandoned);
      }
      assertThat(store.find(layer.digest)).isEmpty();
      assertThat(root.resolve("tmp")).isEmptyDirectory();
    }
  }

  @Test
  void sameLayerAddedTwice_isStoredOnce() throws IOException {
    try (var store = open();
        LayerData first = layer.addTo(store)) {
      layer.write(first, 0);
      try (LayerData second = layer.addTo(store)) {
        assertThat(second.slot()).isEqualTo(first.slot());
        assertThat(second.isPresent(0)).isTrue();
      }
      assertThat(root.resolve("tmp")).isEmptyDirectory();
    }
  }

  @Test
  @SuppressWarnings("MustBeClosed") // Given free by the test.
  void layerInUse_isNotRemoved() throws IOException {
    try (var store = open()) {
      Pin pin;
      try (LayerData data = layer.addTo(store)) {
        pin = data.pin();
        assertThatThrownBy(() -> store.remove(layer.digest))
            .isInstanceOf(LayerInUseException.class);
      }
      assertThatThrownBy(() -> store.remove(layer.digest)).isInstanceOf(LayerInUseException.class);
      pin.close();
      assertThat(store.remove(layer.digest)).isTrue();
      assertThat(store.remove(layer.digest)).isFalse();
      assertThat(store.find(layer.digest)).isEmpty();
    }
  }

  @Test
  void secondStoreOnTheSameRoot_isRefused() throws IOException {
    try (var store = open()) {
      assertThatThrownBy(this::open).hasMessageContaining("open elsewhere");
      assertThat(store.list()).isEmpty();
    }
    open().close();
  }

  @Test
  void brokenLayerDirectory_isRemovedAtOpen() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      Files.writeString(data.metaPath().resolveSibling("layer.json"), "{");
    }
    try (var store = open()) {
      assertThat(store.find(layer.digest)).isEmpty();
      layer.addTo(store).close();
    }
  }

  @Test
  void interruptedThread_neitherFailsNorBreaksTheFileForOthers() throws Exception {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      layer.write(data, 0);
      Thread.currentThread().interrupt();
      boolean right = layer.readsRight(data, 0);
      layer.write(data, 1);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(right).isTrue();
      assertThat(layer.readsRight(data, 1)).isTrue();
    }
  }

  @Test
  void references_areTheNewest_andOneThatIsKnownWritesNothing() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      for (int i = 0; i < 100; i++) {
        data.addReference("registry.example/image:" + i);
      }
      var file = data.metaPath().resolveSibling("layer.json");
      var before = Files.readAttributes(file, "unix:ino");
      data.addReference("registry.example/image:70");

      assertThat(Files.readAttributes(file, "unix:ino")).isEqualTo(before);
      assertThat(data.record().references())
          .hasSize(LayerRecord.MOST_REFERENCES)
          .startsWith("registry.example/image:36")
          .endsWith("registry.example/image:99");
    }
  }

  @Test
  void references_ofOneRepository_pushNoOtherOut() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      data.addReference("registry.example:5000/victim:1");
      for (int i = 0; i < 100; i++) {
        data.addReference("registry.example:5000/image:" + i + "@" + layer.digest);
      }

      assertThat(data.record().references())
          .hasSize(LayerRecord.MOST_REFERENCES)
          .startsWith("registry.example:5000/victim:1")
          .endsWith("registry.example:5000/image:99@" + layer.digest);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"meta.erofs", "chunks"})
  void fileThatHasChangedSinceItWasWritten_isCorrupt_untilTheLayerIsMadeAnew(String name)
      throws IOException {
    Path file;
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      file = data.metaPath().resolveSibling(name);
    }
    byte[] content = Files.readAllBytes(file);
    content[content.length - 100] ^= 1;
    Files.write(file, content);

    try (var store = open()) {
      assertThatThrownBy(() -> store.find(layer.digest))
          .isInstanceOf(CacheCorruptException.class)
          .hasMessageContaining(name);
      assertThat(store.remove(layer.digest)).isTrue();
      layer.addTo(store).close();
    }
  }
}
