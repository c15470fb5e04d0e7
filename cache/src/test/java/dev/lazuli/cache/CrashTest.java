package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A crash is a copy of the store's files while it is open, opened as another store. */
final class CrashTest {
  private static final UUID THIS_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final UUID NEXT_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000002");

  private final TestLayer layer = new TestLayer(7, 20, 10_000);

  @TempDir Path directory;

  private int copies;

  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerStore open(Path root, UUID boot) throws IOException {
    return LayerStore.open(root, StoreOptions.defaults().withBootId(boot));
  }

  private Path copyOf(Path root) throws IOException {
    Path copy = directory.resolve("copy" + copies++);
    try (var walk = Files.walk(root)) {
      for (Path each : (Iterable<Path>) walk::iterator) {
        Files.copy(each, copy.resolve(root.relativize(each)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return copy;
  }

  private static void damage(LayerData data, long offset) throws IOException {
    try (var file = new RandomAccessFile(data.dataPath().toFile(), "rw")) {
      file.seek(offset);
      int old = file.read();
      file.seek(offset);
      file.write(old + 1);
    }
  }

  @Test
  void daemonCrash_keepsWhatWasCommitted() throws IOException {
    Path root = directory.resolve("a");
    Path crashed;
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      for (int chunk = 0; chunk < layer.chunks.size(); chunk += 2) {
        layer.write(data, chunk);
      }
      try (Writer writer = data.writer(1)) {
        writer.write(ByteBuffer.allocate(100));
        crashed = copyOf(root);
      }
    }
    try (var store = open(crashed, THIS_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      for (int chunk = 0; chunk < layer.chunks.size(); chunk++) {
        assertThat(data.isPresent(chunk)).isEqualTo(chunk % 2 == 0);
        assertThat(chunk % 2 == 1 || layer.readsRight(data, chunk)).isTrue();
      }
    }
  }

  @Test
  void machineCrash_letsNoByteBeReadBeforeItIsVerified() throws IOException {
    Path root = directory.resolve("a");
    Path crashed;
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      damage(data, layer.chunks.get(3).dataOffset() + 5);
      crashed = copyOf(root);
    }
    try (var store = open(crashed, NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.presentCount()).isZero();
      assertThatThrownBy(() -> layer.read(data, 0, 1)).isInstanceOf(ChunkMissingException.class);

      assertThat(data.reuse(0)).isTrue();
      assertThat(data.reuse(3)).isFalse();
      assertThat(layer.readsRight(data, 0)).isTrue();
      layer.write(data, 3);
      assertThat(layer.readsRight(data, 3)).isTrue();
      assertThat(data.presentCount()).isEqualTo(2);
    }
  }

  @Test
  void doubt_outlivesACrashOfTheDaemonAfterOneOfTheMachine() throws IOException {
    Path root = directory.resolve("a");
    Path first;
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      damage(data, layer.chunks.get(3).dataOffset());
      first = copyOf(root);
    }
    Path second;
    try (var store = open(first, NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.reuse(0)).isTrue();
      second = copyOf(first);
    }
    try (var store = open(second, NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.presentCount()).isEqualTo(1);
      assertThat(data.reuse(1)).isTrue();
      assertThat(data.reuse(3)).isFalse();
    }
  }

  @Test
  void machineStoppedInOrder_needsNoVerification() throws IOException {
    Path root = directory.resolve("a");
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.write(data, 0);
    }
    try (var store = open(root, NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.isPresent(0)).isTrue();
    }
  }

  @Test
  void layerInUse_whenTheStoreCloses_needsNoVerificationAfterARestartOfTheMachine()
      throws IOException {
    Path root = directory.resolve("a");
    var store = open(root, THIS_BOOT);
    try (LayerData inUse = layer.addTo(store)) {
      layer.write(inUse, 0);
      store.close();
    }
    try (var next = open(root, NEXT_BOOT);
        LayerData data = next.find(layer.digest).orElseThrow()) {
      assertThat(data.isPresent(0)).isTrue();
    }
  }

  @Test
  void checkpoint_protectsFromAMachineCrash_untilTheNextChange() throws IOException {
    Path root = directory.resolve("a");
    Path calm;
    Path changed;
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.write(data, 0);
      assertThat(data.checkpoint()).isTrue();
      calm = copyOf(root);
      layer.write(data, 1);
      changed = copyOf(root);
    }
    try (var store = open(calm, NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.presentCount()).isEqualTo(1);
    }
    try (var store = open(changed, NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.presentCount()).isZero();
    }
  }

  @Test
  void sealedLayer_isCompleteAfterAMachineCrash() throws IOException {
    Path root = directory.resolve("a");
    Path crashed;
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      assertThat(data.seal()).isTrue();
      crashed = copyOf(root);
    }
    try (var store = open(crashed, NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.complete()).isTrue();
      assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
    }
  }

  @Test
  void layerWithoutItsName_isForgotten() throws IOException {
    Path root = directory.resolve("a");
    Path crashed;
    try (var store = open(root, THIS_BOOT);
        NewLayer unfinished = store.create(layer.record())) {
      layer.fill(unfinished);
      crashed = copyOf(root);
    }
    try (var store = open(crashed, THIS_BOOT)) {
      assertThat(store.list()).isEmpty();
      assertThat(crashed.resolve("tmp")).isEmptyDirectory();
    }
  }

  @Test
  void completeLayerWhosePresenceWasLost_isNotComplete() throws IOException {
    Path root = directory.resolve("a");
    Path crashed;
    Path present;
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.write(data, 0);
      present = root.relativize(data.dataPath().resolveSibling("present"));
      Path early = copyOf(root);
      layer.writeAll(data);
      data.seal();
      crashed = copyOf(root);
      Files.copy(
          early.resolve(present), crashed.resolve(present), StandardCopyOption.REPLACE_EXISTING);
    }
    try (var store = open(crashed, NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.complete()).isFalse();
    }
  }
}
