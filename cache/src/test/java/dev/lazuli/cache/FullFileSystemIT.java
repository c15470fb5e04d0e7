package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** File systems that run full at any moment; on some, to overwrite a block takes another one. */
@Timeout(300)
final class FullFileSystemIT {
  /** An XFS cannot be smaller; the image is sparse. */
  private static final long IMAGE_BYTES = 320 << 20;

  private static final long ROOM = 40 << 20;
  private static final int MOMENTS = 9;

  private final TestLayer first = new TestLayer(1, 8, 20_000);
  private final TestLayer second = new TestLayer(2, 8, 20_000);

  @TempDir Path directory;

  private Path disk = Path.of("");
  private boolean mounted;

  private interface Step {
    void run() throws IOException;
  }

  private void mount(String makeFileSystem) throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root to mount file systems");
    var program = makeFileSystem.substring(0, makeFileSystem.indexOf(' '));
    assumeTrue(DiskPrograms.has(program), "needs " + program);
    Path image = directory.resolve("image");
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(IMAGE_BYTES);
    }
    DiskPrograms.run("sh", "-c", makeFileSystem + " " + image);
    disk = Files.createDirectory(directory.resolve("disk"));
    DiskPrograms.run("mount", "-o", "loop", image.toString(), disk.toString());
    mounted = true;
    long ballast = disk.toFile().getUsableSpace() - ROOM;
    DiskPrograms.run(
        "fallocate", "--length", Long.toString(ballast), disk.resolve("ballast").toString());
  }

  @AfterEach
  void unmount() throws IOException {
    if (mounted) {
      DiskPrograms.run("umount", disk.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mkfs.ext4 -q -F",
        "mkfs.btrfs -q --mixed",
        "mkfs.xfs -q -f",
        "mkfs.ext4 -q -F -O bigalloc"
      })
  void diskRunsFullAtAnyMoment_noByteIsWrong_andRoomHealsAll(String makeFileSystem)
      throws IOException {
    mount(makeFileSystem);
    for (int fullAt = 0; fullAt < MOMENTS; fullAt++) {
      Path root = disk.resolve("store" + fullAt);
      try (var store = open(root)) {
        var steps = life(store);
        assertThat(steps).hasSize(MOMENTS);
        for (int moment = 0; moment < MOMENTS; moment++) {
          attempt(steps.get(moment), moment, fullAt);
        }
        Files.deleteIfExists(filler());
        heal(store);
        assertAccounts(store, root, directory.resolve("copy" + fullAt));
        store.remove(first.digest);
        store.remove(second.digest);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkfs.ext4 -q -F", "mkfs.btrfs -q --mixed"})
  void wholeLayerThatDoesNotFit_leavesNothing_andOneThatFitsIsTaken(String makeFileSystem)
      throws IOException {
    mount(makeFileSystem);
    var large = new TestLayer(3, 12, (int) (ROOM / 4));
    assertThat(large.dataSize).isGreaterThan(ROOM);
    try (var store = open(disk.resolve("store"))) {
      assertThatThrownBy(() -> addWhole(store, large).close())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left");
      assertThat(store.list()).isEmpty();
      assertThat(store.usedBytes()).isZero();
      try (var left = Files.list(disk.resolve("store/tmp"))) {
        assertThat(left).isEmpty();
      }

      try (LayerData data = addWhole(store, second)) {
        assertThat(data.complete()).isTrue();
        assertReadsRight(second, data);
      }
    }
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  private static LayerData addWhole(LayerStore store, TestLayer layer) throws IOException {
    try (NewLayer made = store.create(layer.record())) {
      for (var chunk : layer.chunks) {
        made.data().write(chunk.dataOffset(), ByteBuffer.wrap(chunk.content()));
      }
      layer.fill(made);
      made.chunks().dataSize(layer.dataSize);
      var diffId = Digest.sha256(new byte[0]);
      return made.commitWhole("NONE", new LayerProof(diffId, null, Instant.EPOCH));
    }
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  private static LayerStore open(Path root) throws IOException {
    var boot = UUID.fromString("00000000-0000-4000-8000-000000000001");
    return LayerStore.open(
        root, StoreOptions.defaults().withBootId(boot).withPuncher(DiskPrograms::punch));
  }

  private List<Step> life(LayerStore store) {
    return List.of(
        () -> first.addTo(store).close(),
        () -> write(store, first, 0, 3),
        () -> abort(store, first),
        () -> write(store, first, 3, 6),
        () -> checkpoint(store, first),
        () -> second.addTo(store).close(),
        () -> write(store, second, 0, second.chunks.size()),
        () -> seal(store, second),
        () -> store.shrinkTo(store.usedBytes() - 1));
  }

  private Path filler() {
    return disk.resolve("filler");
  }

  /** Runs one step, on a full disk from the chosen one on. */
  private void attempt(Step step, int moment, int fullAt) {
    if (moment == fullAt) {
      fill();
    }
    try {
      step.run();
    } catch (IOException e) {
      assertThat(moment).as(e.toString()).isGreaterThanOrEqualTo(fullAt);
    }
  }

  private void fill() {
    for (int step : new int[] {1 << 20, 1 << 12, 1}) {
      try (var file =
          FileChannel.open(
              filler(),
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND,
              StandardOpenOption.DSYNC)) {
        while (file.write(ByteBuffer.allocate(step)) > 0) {}
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("No space left");
      }
    }
  }

  private static void write(LayerStore store, TestLayer layer, int from, int to)
      throws IOException {
    var found = store.find(layer.digest);
    if (found.isPresent()) {
      try (LayerData data = found.get()) {
        for (int chunk = from; chunk < to; chunk++) {
          layer.write(data, chunk);
        }
      }
    }
  }

  private static void abort(LayerStore store, TestLayer layer) throws IOException {
    var found = store.find(layer.digest);
    if (found.isPresent()) {
      int last = layer.chunks.size() - 1;
      try (LayerData data = found.get();
          Writer writer = data.writer(last)) {
        writer.write(ByteBuffer.wrap(layer.chunks.get(last).content(), 0, 1));
      }
    }
  }

  private static void checkpoint(LayerStore store, TestLayer layer) throws IOException {
    var found = store.find(layer.digest);
    if (found.isPresent()) {
      try (LayerData data = found.get()) {
        data.checkpoint();
        assertReadsRight(layer, data);
      }
    }
  }

  private static void seal(LayerStore store, TestLayer layer) throws IOException {
    var found = store.find(layer.digest);
    if (found.isPresent()) {
      try (LayerData data = found.get()) {
        assertReadsRight(layer, data);
        assertThat(data.seal()).isEqualTo(data.presentCount() == layer.chunks.size());
      }
    }
  }

  private static void assertReadsRight(TestLayer layer, LayerData data) throws IOException {
    for (int chunk = 0; chunk < layer.chunks.size(); chunk++) {
      assertThat(!data.isPresent(chunk) || layer.readsRight(data, chunk)).isTrue();
    }
  }

  private void heal(LayerStore store) throws IOException {
    for (TestLayer layer : List.of(first, second)) {
      var found = store.find(layer.digest);
      try (LayerData data = found.isPresent() ? found.get() : layer.addTo(store)) {
        assertReadsRight(layer, data);
        layer.writeAll(data);
        assertThat(data.seal()).isTrue();
        assertThat(layer.read(data, 0, (int) layer.dataSize)).isEqualTo(layer.content());
      }
    }
  }

  private void assertAccounts(LayerStore store, Path root, Path copy) throws IOException {
    store.shrinkTo(Long.MAX_VALUE);
    FaultyDisk.copy(root, copy);
    try (var other = open(copy)) {
      other.shrinkTo(Long.MAX_VALUE);
      assertThat(store.usedBytes()).isEqualTo(other.usedBytes());
    }
  }
}
