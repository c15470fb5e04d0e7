package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Linux reports a failed write-back once; the pages it could not write are clean after that. */
final class SyncFailureTest {
  private static final UUID THIS_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final UUID NEXT_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000002");

  private final TestLayer layer = new TestLayer(1, 10, 5000);
  private final int count = layer.chunks.size();
  private final FaultyDisk disk = new FaultyDisk();

  @TempDir Path directory;

  private Path root;

  @BeforeEach
  void setUp() {
    root = directory.resolve("store");
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerStore open(Path at, UUID boot) throws IOException {
    return LayerStore.open(
        at, StoreOptions.defaults().withReuseEntries(0).withDisk(disk).withBootId(boot));
  }

  private void failSync(LayerData data) {
    disk.failAll(DiskOperation.SYNC, DiskFault.EIO);
    assertThatThrownBy(data::checkpoint).hasMessageContaining("Input/output error");
    disk.heal();
  }

  @Test
  void whatAFailedSyncShouldHaveWritten_isMissing_untilItIsVerified() throws IOException {
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.write(data, 0);
      assertThat(data.checkpoint()).isTrue();
      layer.write(data, 1);
      layer.write(data, 2);
      long used = store.usedBytes();

      failSync(data);

      assertThat(data.isPresent(0)).isTrue();
      assertThat(data.isPresent(1) || data.isPresent(2)).isFalse();
      assertThat(store.failedSyncs()).isEqualTo(1);
      assertThat(data.reuse(1)).isTrue();
      assertThat(layer.readsRight(data, 1)).isTrue();
      assertThat(store.usedBytes()).isEqualTo(used);
    }
  }

  @Test
  void chunkBegunBeforeASyncFailed_isRefused_andComesAnew() throws IOException {
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      var chunk = layer.chunks.get(0);
      int half = chunk.content().length / 2;
      try (Writer writer = data.writer(0)) {
        writer.write(ByteBuffer.wrap(chunk.content(), 0, half));
        failSync(data);
        writer.write(ByteBuffer.wrap(chunk.content(), half, chunk.content().length - half));
        assertThatThrownBy(() -> writer.commit(chunk.sha256()))
            .isInstanceOf(CommitRefusedException.class)
            .hasMessageContaining("a sync has failed while it was written");
      }
      assertThat(data.isPresent(0)).isFalse();

      layer.writeAll(data);

      assertThat(data.seal()).isTrue();
      disk.copyDurable(root, directory.resolve("machine"));
    }
    assertAllIsRightAfterPowerLoss();
  }

  @Test
  void chunkRewrittenWhileASyncFails_isNotPresent() throws IOException {
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.write(data, 0);
      failSync(data);
      disk.onNextWrite(() -> failSync(data));

      assertThat(data.reuse(0)).isFalse();

      assertThat(data.isPresent(0)).isFalse();
      assertThat(store.failedSyncs()).isEqualTo(2);
      layer.write(data, 0);
      assertThat(layer.readsRight(data, 0)).isTrue();
      assertThat(store.usedBytes()).isEqualTo(data.diskBytes());
    }
  }

  @Test
  void doubtedChunkThatCannotBeRead_isWrittenAnew() throws IOException {
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.write(data, 0);
      failSync(data);
      disk.failAll(DiskOperation.READ, DiskFault.EIO);
      assertThat(data.reuse(0)).isFalse();
      disk.heal();

      layer.write(data, 0);

      assertThat(layer.readsRight(data, 0)).isTrue();
      assertThat(store.usedBytes()).isEqualTo(data.diskBytes());
    }
  }

  @Test
  void layerOverAFailedSync_isNotComplete_beforeItsBytesAreOnTheDisk() throws IOException {
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      disk.failAll(DiskOperation.SYNC, DiskFault.EIO);
      assertThatThrownBy(data::seal).hasMessageContaining("Input/output error");
      disk.heal();
      assertThat(data.complete()).isFalse();

      assertThat(data.seal()).isTrue();

      disk.copyDurable(root, directory.resolve("machine"));
    }
    try (var store = open(directory.resolve("machine"), NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.complete()).isTrue();
      assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
    }
  }

  @Test
  void nextGoodCheckpoint_doesNotVouchForWhatTheFailedOneLost() throws IOException {
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      failSync(data);
      assertThat(data.checkpoint()).isTrue();
      disk.copyDurable(root, directory.resolve("machine"));
    }
    try (var store = open(directory.resolve("machine"), NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.presentCount()).isZero();
      for (int chunk = 0; chunk < count; chunk++) {
        assertThat(data.reuse(chunk)).isFalse();
      }
    }
  }

  @Test
  void doubt_outlivesTheProcess_andWhatIsVerifiedIsWrittenAgain() throws IOException {
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      failSync(data);
    }
    try (var store = open(root, THIS_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.presentCount()).isZero();
      assertThat(data.seal()).isTrue();
      disk.copyDurable(root, directory.resolve("machine"));
    }
    assertAllIsRightAfterPowerLoss();
  }

  @Test
  void doubt_outlivesAProcessThatIsKilled() throws IOException {
    Path killed = directory.resolve("killed");
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      failSync(data);
      FaultyDisk.copy(root, killed);
    }
    assertNothingIsPresent(killed);
  }

  @Test
  void doubtFromTheLastSyncOfAll_outlivesTheProcess() throws IOException {
    try (var store = open(root, THIS_BOOT);
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      disk.failAll(DiskOperation.SYNC, DiskFault.EIO);
    }
    disk.heal();
    assertNothingIsPresent(root);
  }

  private void assertAllIsRightAfterPowerLoss() throws IOException {
    try (var store = open(directory.resolve("machine"), NEXT_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
    }
  }

  private void assertNothingIsPresent(Path at) throws IOException {
    try (var store = open(at, THIS_BOOT);
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.presentCount()).isZero();
    }
  }
}
