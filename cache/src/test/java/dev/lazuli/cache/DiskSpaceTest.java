package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What layers really take on the file system of the tests, as du counts it. */
final class DiskSpaceTest {
  private static final UUID NEXT_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000002");

  /** The file system's own blocks of extents are du's alone. */
  private static final Offset<Long> EXTENT_BLOCKS = Offset.offset(65_536L);

  private final TestLayer layer = new TestLayer(100, 100, 12 * 4096);

  @TempDir Path root;

  private static long du(Path file) throws IOException {
    String line = DiskPrograms.run("du", "-s", "--block-size=1", file.toString());
    return Long.parseLong(line.substring(0, line.indexOf('\t')));
  }

  private static StoreOptions options() throws IOException {
    return StoreOptions.defaults().withReuseEntries(0).withPuncher(DiskPrograms::punch);
  }

  private static Path directory(LayerData data) {
    return data.dataPath().resolveSibling("");
  }

  @Test
  void diskBytes_areWhatDuCounts() throws Exception {
    try (var store = LayerStore.open(root, options());
        LayerData data = layer.addTo(store)) {
      for (int chunk = 0; chunk < layer.chunks.size(); chunk += 3) {
        layer.write(data, chunk);
      }
      data.checkpoint();

      assertThat(data.diskBytes()).isCloseTo(du(directory(data)), EXTENT_BLOCKS);
      assertThat(store.usedBytes()).isEqualTo(data.diskBytes());
    }
  }

  @Test
  void abortedChunks_giveTheirBlocksBack() throws Exception {
    try (var store = LayerStore.open(root, options());
        LayerData data = layer.addTo(store)) {
      long counted = store.usedBytes();
      long before = du(data.dataPath());
      for (int chunk = 0; chunk < 30; chunk++) {
        try (Writer writer = data.writer(chunk)) {
          writer.write(ByteBuffer.wrap(layer.chunks.get(chunk).content()));
          if (chunk == 29) {
            assertThat(du(data.dataPath())).isGreaterThan(before);
          }
        }
      }

      assertThat(du(data.dataPath())).isEqualTo(before);
      assertThat(store.usedBytes()).isEqualTo(counted);
    }
  }

  @Test
  void evictedChunks_giveTheirBlocksBack() throws Exception {
    try (var store = LayerStore.open(root, options());
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      long whole = du(directory(data));
      store.shrinkTo(store.usedBytes() / 2);

      assertThat(data.presentCount()).isBetween(1, layer.chunks.size() - 1);
      assertThat(du(directory(data))).isLessThan(whole * 6 / 10);
      assertThat(store.usedBytes()).isCloseTo(du(directory(data)), EXTENT_BLOCKS);
      store.shrinkTo(0);
      assertThat(du(data.dataPath())).isLessThanOrEqualTo(EXTENT_BLOCKS.value);
    }
  }

  @Test
  void whatAKilledDaemonWasWriting_isGivenBackWhenTheLayerIsOpenedNext() throws Exception {
    Path killed = root.resolve("killed");
    long counted;
    try (var store = LayerStore.open(root.resolve("a"), options());
        LayerData data = layer.addTo(store)) {
      layer.write(data, 0);
      layer.write(data, 7);
      counted = store.usedBytes();
      try (Writer writer = data.writer(3)) {
        writer.write(ByteBuffer.wrap(layer.chunks.get(3).content()));
        DiskPrograms.run("cp", "-a", root.resolve("a").toString(), killed.toString());
      }
    }
    try (var store = LayerStore.open(killed, options());
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(store.usedBytes()).isEqualTo(counted);
      assertThat(store.usedBytes()).isCloseTo(du(directory(data)), EXTENT_BLOCKS);
      assertThat(du(data.dataPath())).isLessThan(2L * 13 * 4096);
      assertThat(layer.readsRight(data, 0)).isTrue();
      assertThat(layer.readsRight(data, 7)).isTrue();
    }
  }

  @Test
  void whatACrashOfTheMachineLeft_isCounted_onceVerifiedNotAgain_andEvictedFirst()
      throws Exception {
    Path crashed = root.resolve("crashed");
    long counted;
    try (var store = LayerStore.open(root.resolve("a"), options());
        LayerData data = layer.addTo(store)) {
      layer.writeAll(data);
      counted = store.usedBytes();
      DiskPrograms.run("cp", "-a", root.resolve("a").toString(), crashed.toString());
    }
    try (var store = LayerStore.open(crashed, options().withBootId(NEXT_BOOT));
        LayerData data = store.find(layer.digest).orElseThrow()) {
      assertThat(data.presentCount()).isZero();
      assertThat(store.usedBytes()).isEqualTo(counted);

      assertThat(data.reuse(0)).isTrue();
      layer.write(data, 1);
      assertThat(store.usedBytes()).isEqualTo(counted);

      store.shrinkTo(counted / 4);
      assertThat(data.presentCount()).isEqualTo(2);
      assertThat(store.usedBytes()).isCloseTo(du(directory(data)), EXTENT_BLOCKS);
      assertThat(layer.readsRight(data, 0)).isTrue();
    }
  }

  @Test
  void removedLayer_leavesNothing() throws Exception {
    try (var store = LayerStore.open(root, options())) {
      try (LayerData data = layer.addTo(store)) {
        layer.writeAll(data);
      }
      assertThat(store.remove(layer.digest)).isTrue();

      assertThat(store.usedBytes()).isZero();
      try (var files = Files.walk(root)) {
        assertThat(files.filter(Files::isRegularFile).map(Path::getFileName).map(Path::toString))
            .containsExactlyInAnyOrder("lock", "slots");
      }
    }
  }
}
