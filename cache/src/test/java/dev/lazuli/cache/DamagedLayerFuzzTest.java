package dev.lazuli.cache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A whole stored layer with damage in one of the files beside its data: the store says that it is
 * corrupt, or gives its bytes, never others, and fetches again what is no longer known.
 */
final class DamagedLayerFuzzTest {
  private static final TestLayer LAYER = new TestLayer(5, 4, 3000);
  private static final List<String> DAMAGED =
      List.of(StoredFiles.CHUNKS, StoredFiles.PRESENT, StoredFiles.RECORD, StoredFiles.META);
  private static final UUID LATER_BOOT = new UUID(3, 4);

  /** Held, since the settings of a logger nobody holds are lost. */
  private static final Logger LOG = Logger.getLogger("dev.lazuli.cache");

  private static final Path PLACE =
      Path.of("layers/sha256").resolve(StoredLayer.place(LAYER.digest));
  private static final Map<String, byte[]> WHOLE = files();

  /**
   * Bits 0 and 1 of the first byte say which file is damaged, bit 2 that the machine was started
   * again, bit 3 that the file is cut where the next two bytes say. Then come places and values.
   */
  @FuzzTest(maxDuration = "60s")
  void damaged_layer(byte[] input) throws IOException {
    ByteBuffer damage = ByteBuffer.wrap(input);
    int how = damage.hasRemaining() ? damage.get() : 0;
    String name = DAMAGED.get(how & 3);
    byte[] file = damaged(requireNonNull(WHOLE.get(name)), (how & 8) != 0, damage);
    Path root = Files.createTempDirectory("lazuli");
    LOG.setLevel(Level.OFF);
    try {
      CheapWork.assertCheap(
          () -> {
            lay(root, name, file);
            use(root, (how & 4) != 0);
          });
    } finally {
      LOG.setLevel(null);
      delete(root);
    }
  }

  private static byte[] damaged(byte[] whole, boolean cut, ByteBuffer damage) {
    byte[] file = whole.clone();
    if (cut && damage.remaining() >= 2) {
      file = Arrays.copyOf(file, (damage.getShort() & 0xffff) % (file.length + 1));
    }
    while (damage.remaining() >= 3 && file.length > 0) {
      file[(damage.getShort() & 0xffff) % file.length] = damage.get();
    }
    return file;
  }

  private static void lay(Path root, String name, byte[] file) throws IOException {
    Path directory = root.resolve(PLACE);
    Files.createDirectories(directory);
    for (var each : WHOLE.entrySet()) {
      byte[] content = each.getKey().equals(name) ? file : each.getValue();
      Files.write(directory.resolve(each.getKey()), content);
    }
  }

  private static void use(Path root, boolean laterBoot) throws IOException {
    var options = laterBoot ? options().withBootId(LATER_BOOT) : options();
    try (var store = LayerStore.open(root, options)) {
      try {
        read(store);
      } catch (CacheCorruptException e) {
        assertThat(e).hasMessageContaining(PLACE.toString());
        assertThat(store.remove(LAYER.digest)).isTrue();
      }
    }
  }

  private static void read(LayerStore store) throws IOException {
    var found = store.find(LAYER.digest);
    if (found.isEmpty()) {
      return;
    }
    try (LayerData data = found.get()) {
      for (int c = 0; c < LAYER.chunks.size(); c++) {
        if (data.isPresent(c) || data.reuse(c)) {
          assertThat(LAYER.readsRight(data, c)).as("chunk %s reads right", c).isTrue();
        }
      }
      LAYER.writeAll(data);
      assertThat(LAYER.read(data, 0, (int) LAYER.dataSize)).isEqualTo(LAYER.content());
      assertThat(data.seal()).isTrue();
    }
  }

  private static StoreOptions options() throws IOException {
    return StoreOptions.defaults()
        .withBootId(new UUID(1, 2))
        .withReuseEntries(64)
        .withPuncher(DamagedLayerFuzzTest::zero);
  }

  /** Does to a file what punching a hole into it does. */
  private static void zero(Path file, long offset, long length) throws IOException {
    assertThat(offset).isNotNegative();
    assertThat(length).isBetween(1L, LAYER.dataSize - offset);
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate((int) length), offset);
    }
  }

  private static Map<String, byte[]> files() {
    try {
      Path root = Files.createTempDirectory("lazuli");
      try {
        try (var store = LayerStore.open(root, options());
            LayerData data = LAYER.addTo(store)) {
          LAYER.writeAll(data);
          assertThat(data.seal()).isTrue();
        }
        var files = new HashMap<String, byte[]>();
        for (Path file : Disk.LOCAL.list(root.resolve(PLACE))) {
          files.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
        }
        return files;
      } finally {
        delete(root);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path root) throws IOException {
    try (var all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
