package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReuseTest {
  private final TestLayer layer = new TestLayer(7, 20, 10_000);
  private static final Digest OTHER =
      Digest.parse("sha256:00000000000000000000000000000000000000000000000000000000000000aa");

  @TempDir Path root;

  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerStore open() throws IOException {
    return LayerStore.open(root, StoreOptions.defaults());
  }

  /** Adds the same chunks under another name, one block further back. */
  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerData addOther(LayerStore store) throws IOException {
    var record = LayerRecord.of(OTHER, layer.blobSize, "ESTARGZ", "GZIP", null, -1);
    try (NewLayer other = store.create(record)) {
      Files.write(other.meta(), new byte[4096]);
      for (TestLayer.Chunk chunk : layer.chunks) {
        other
            .chunks()
            .add(chunk.dataOffset() + 4096, chunk.content().length, 0, 10, 0, chunk.sha256());
      }
      return other.commit();
    }
  }

  @Test
  void chunkOfAnotherLayer_isCopied() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store);
        LayerData other = addOther(store)) {
      layer.write(data, 2);

      assertThat(other.reuse(2)).isTrue();
      assertThat(other.reuse(3)).isFalse();
      assertThat(layer.read(other, other.chunks().dataOffset(2), (int) other.chunks().size(2)))
          .isEqualTo(layer.chunks.get(2).content());
    }
  }

  @Test
  void layerOutOfScope_getsNoChunkOfAnother() throws IOException {
    var options = StoreOptions.defaults().withReuseScope((_, to) -> !to.digest().equals(OTHER));
    try (var store = LayerStore.open(root, options);
        LayerData data = layer.addTo(store);
        LayerData other = addOther(store)) {
      layer.write(data, 2);

      assertThat(other.reuse(2)).isFalse();
      assertThat(other.presentCount()).isZero();
    }
  }

  @Test
  void chunksFromBeforeARestart_areCopied() throws Exception {
    try (var store = open();
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
    }
    try (var store = open();
        LayerData first = store.find(layer.digest).orElseThrow();
        LayerData other = addOther(store)) {
      assertThat(first.presentCount()).isEqualTo(layer.chunks.size());
      for (int chunk = 0; chunk < layer.chunks.size(); chunk++) {
        assertThat(other.reuse(chunk)).isTrue();
      }
      assertThat(other.seal()).isTrue();
    }
  }

  @Test
  void removedLayer_isNoSource() throws IOException {
    try (var store = open()) {
      try (LayerData data = layer.addTo(store)) {
        layer.writeAll(data);
      }
      store.remove(layer.digest);
      try (LayerData other = addOther(store)) {
        assertThat(other.reuse(0)).isFalse();
        assertThat(other.isPresent(0)).isFalse();
      }
    }
  }

  @Test
  void evictedChunk_isNoSource() throws IOException {
    try (var store = open();
        LayerData data = layer.addTo(store);
        LayerData other = addOther(store)) {
      layer.write(data, 0);
      while (data.layer().reclaim().evictNext()) {
        assertThat(data.presentCount()).isLessThan(2);
      }
      assertThat(other.reuse(0)).isFalse();
    }
  }

  @Test
  void index_forgetsRatherThanGrows() {
    var index = new DigestIndex(64);
    for (int i = 1; i <= 1000; i++) {
      index.put(i, i, i + 5);
    }
    int known = 0;
    for (int i = 1; i <= 1000; i++) {
      long found = index.find(i);
      assertThat(found).isIn(0L, (long) i << 32 | i + 5);
      known += found == 0 ? 0 : 1;
    }
    assertThat(known).isEqualTo(64);
  }

  @Test
  void index_keepsAllItKnowsWhileItGrows() {
    var index = new DigestIndex(1 << 16);
    for (int i = 1; i <= 20_000; i++) {
      index.put(i, i, i + 5);
      index.put(i, i, i + 6);
    }
    for (int i = 1; i <= 20_000; i++) {
      assertThat(index.find(i)).isEqualTo((long) i << 32 | i + 6);
    }
  }
}
