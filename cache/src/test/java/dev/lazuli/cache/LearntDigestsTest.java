package dev.lazuli.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.chunks.Blocks;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A layer whose index states digests of spans, and none of chunks. */
final class LearntDigestsTest {
  private static final UUID THIS_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000001");
  private static final UUID NEXT_BOOT = UUID.fromString("00000000-0000-4000-8000-000000000002");
  private static final Digest LAYER = Digest.sha256(new byte[] {1});
  private static final int CHUNKS = 3;
  private static final int SIZE = 1000;

  @TempDir Path directory;

  @SuppressWarnings("MustBeClosed") // The caller's.
  private static LayerStore open(Path root, UUID boot) throws IOException {
    return LayerStore.open(root, StoreOptions.defaults().withBootId(boot));
  }

  @SuppressWarnings("MustBeClosed") // The caller's.
  private static LayerData add(LayerStore store) throws IOException {
    var index = Digest.sha256(new byte[] {2});
    try (var layer = store.create(LayerRecord.of(LAYER, 500, "test", "GZIP", index, -1))) {
      Files.writeString(layer.meta(), "meta");
      for (int chunk = 0; chunk < CHUNKS; chunk++) {
        layer.chunks().add(4096L * chunk, SIZE, 10, 500, (long) SIZE * chunk, new byte[32]);
      }
      layer.spans().add(10, 500, LAYER.bytes());
      return layer.commit();
    }
  }

  private static byte[] content(int value) {
    var bytes = new byte[SIZE];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static void write(LayerData data, int chunk, int value) throws IOException {
    try (var writer = data.writer(chunk)) {
      writer.write(ByteBuffer.wrap(content(value)));
      writer.commit(Digest.sha256(content(value)).bytes());
    }
  }

  private static byte[] digest(LayerData data, int chunk) {
    var digest = new byte[32];
    data.chunks().digest(chunk, digest);
    return digest;
  }

  @Test
  void filesOfSpansAndDigests_countForTheQuota() throws IOException {
    try (var store = open(directory, THIS_BOOT);
        var data = add(store);
        var files = Files.list(data.metaPath().getParent())) {
      long bytes = Blocks.SIZE; // The directory.
      for (var file : files.filter(file -> !file.endsWith("data")).toList()) {
        bytes += Blocks.up(Files.size(file));
      }

      assertThat(store.usedBytes()).isEqualTo(bytes);
    }
  }

  @Test
  void chunk_hasTheDigestWithWhichItFirstCame_andNoOther() throws IOException {
    try (var store = open(directory, THIS_BOOT);
        var data = add(store)) {
      assertThat(data.spans().count()).isEqualTo(1);
      assertThat(data.chunks().hasDigest(1)).isFalse();

      write(data, 1, 7);

      assertThat(data.isPresent(1)).isTrue();
      assertThat(digest(data, 1)).isEqualTo(Digest.sha256(content(7)).bytes());
      assertThat(data.chunks().hasDigest(0)).isFalse();
      assertThat(data.chunks().accepts(1, Digest.sha256(content(8)).bytes())).isFalse();
    }
  }

  @Test
  void digestThatTheProofHasFound_refusesAnyOtherContent() throws IOException {
    try (var store = open(directory, THIS_BOOT);
        var data = add(store)) {
      assertThat(data.chunks().accepts(2, Digest.sha256(content(7)).bytes())).isTrue();

      assertThatThrownBy(() -> write(data, 2, 8)).isInstanceOf(CommitRefusedException.class);

      assertThat(data.isPresent(2)).isFalse();
      write(data, 2, 7);
      assertThat(data.isPresent(2)).isTrue();
    }
  }

  @Test
  void machineCrash_givesUpChunksWhoseDigestIsLost_andVerifiesTheOthers() throws IOException {
    var crashed = directory.resolve("crashed");
    try (var store = open(directory.resolve("a"), THIS_BOOT);
        var data = add(store)) {
      for (int chunk = 0; chunk < CHUNKS; chunk++) {
        write(data, chunk, chunk);
      }
      copy(directory.resolve("a"), crashed);
    }
    try (var digests = new RandomAccessFile(file(crashed, "digests").toFile(), "rw")) {
      digests.seek(32);
      digests.write(new byte[32]);
    }
    try (var store = open(crashed, NEXT_BOOT);
        var data = store.find(LAYER).orElseThrow()) {
      assertThat(data.presentCount()).isZero();

      assertThat(data.reuse(0)).isTrue();
      assertThat(data.reuse(1)).isFalse();
      assertThat(data.reuse(2)).isTrue();
    }
  }

  @Test
  void layerWithoutItsDigests_isNotOpened() throws IOException {
    var root = directory.resolve("a");
    try (var store = open(root, THIS_BOOT);
        var data = add(store)) {
      assertThat(data.presentCount()).isZero();
    }
    Files.delete(file(root, "digests"));

    try (var store = open(root, THIS_BOOT)) {
      assertThatThrownBy(() -> store.find(LAYER)).isInstanceOf(IOException.class);
    }
  }

  private static Path file(Path root, String name) throws IOException {
    try (var walk = Files.walk(root)) {
      return walk.filter(each -> each.endsWith(name)).findFirst().orElseThrow();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var walk = Files.walk(from)) {
      for (Path each : (Iterable<Path>) walk::iterator) {
        Files.copy(each, to.resolve(from.relativize(each)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
