package dev.lazuli.snapshotter.knowledge;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerInUseException;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.snapshotter.bulk.BulkOptions;
import dev.lazuli.snapshotter.bulk.BulkPulls;
import dev.lazuli.snapshotter.bulk.PullReports;
import dev.lazuli.snapshotter.fetch.CacheChunkView;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings("MustBeClosedChecker") // The store is closed after each test.
final class KeptIndexesTest {
  private static final String IMAGE = "registry.example/app:1";
  private static final long QUOTA = 8 << 20;
  private static final int VERSION = 3;

  @TempDir Path directory;

  private LayerStore store;
  private KeptIndexes kept;

  @BeforeEach
  void open() throws IOException {
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
    kept = kept(QUOTA);
  }

  private KeptIndexes kept(long quota) {
    return kept(quota, VERSION);
  }

  private KeptIndexes kept(long quota, int version) {
    var clock = InstantSource.system();
    return new KeptIndexes(directory.resolve("indexes"), quota, version, store, clock);
  }

  @AfterEach
  void close() throws IOException {
    kept.close();
    store.close();
  }

  private OciLayout layout() throws IOException {
    return OciLayout.at(directory.resolve("layout"));
  }

  private LayoutLayer build(LayerEncoding encoding, int seed) throws IOException {
    var tree = new ImageTree().directory("d").file("d/hello", "hello " + seed);
    for (int i = 0; i < 40; i++) {
      tree.file("d/f" + i, FileContent.generated(300_000, seed + i));
    }
    return layout().addLayer(tree, encoding);
  }

  private static Digest digest(LayoutLayer layer) {
    return Digest.parseSha256(layer.descriptor().digest());
  }

  /** Pulls a layer whole, waits for its index, and removes the layer. */
  private void pullAndRemove(LayoutLayer layer) throws Exception {
    pull(layer);
    Eventually.until(() -> kept.has(digest(layer)));
    Eventually.until(() -> isRemoved(digest(layer)));
  }

  /** The pull's own handle may still be open. */
  private boolean isRemoved(Digest digest) throws IOException {
    try {
      return store.remove(digest);
    } catch (LayerInUseException e) {
      return false;
    }
  }

  private void pull(LayoutLayer layer) throws Exception {
    var reports = new PullReports(FetchListener.NONE, kept::keep);
    var options = BulkOptions.DEFAULT.withIndexBytes(256L << 20);
    try (var file = FileChannel.open(layout().blob(layer.descriptor().digest()));
        var pulls =
            new BulkPulls(
                options,
                store,
                Limits.DEFAULT,
                (_, _, meta) -> Files.writeString(meta, "meta of " + layer.diffId()),
                InstantSource.system(),
                reports)) {
      BlobSource blob = new ChannelBlobSource(file);
      try (var data = pulls.pull(digest(layer), IMAGE, blob, true)) {
        assertThat(data.complete()).isTrue();
      }
    }
  }

  private boolean addByIndex(LayoutLayer layer) {
    return kept.addByIndex(digest(layer), () -> layer.descriptor().size());
  }

  private Path file(LayoutLayer layer) {
    return directory.resolve("indexes").resolve(digest(layer).hex());
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "GZIP"})
  void layerThatWasPulled_isThereAgainWithoutContent_andEveryChunkCanBeHad(LayerEncoding encoding)
      throws Exception {
    var layer = build(encoding, 1);
    pullAndRemove(layer);

    assertThat(addByIndex(layer)).isTrue();

    try (var data = store.find(digest(layer)).orElseThrow()) {
      assertThat(data.complete()).isFalse();
      assertThat(data.presentCount()).isZero();
      assertThat(data.record().references()).containsExactly(IMAGE);
      assertThat(data.record().tocDigest()).isNull();
      assertThat(requireNonNull(data.record().proof()).diffId()).hasToString(layer.diffId());
      assertThat(data.metaPath()).hasContent("meta of " + layer.diffId());
      assertThat(data.starts().count()).isEqualTo(encoding == LayerEncoding.GZIP ? 3 : 0);
      decodeEachAlone(layer, data);
    }
    assertThat(Files.getPosixFilePermissions(file(layer)))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  /** The decoder compares each with its digest. */
  private void decodeEachAlone(LayoutLayer layer, LayerData data) throws IOException {
    var chunks = new CacheChunkView(data);
    var compression = Compression.valueOf(data.record().compression());
    try (var file = FileChannel.open(layout().blob(layer.descriptor().digest()));
        var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      for (int chunk : IntStream.range(0, chunks.chunkCount()).toArray()) {
        long from = chunks.chunkBlobOffset(chunk);
        var range = new ChannelBlobSource(file).open(from, chunks.chunkBlobEnd(chunk) - from);
        decoder.decode(compression, range, from, chunks, new int[] {chunk}, ChunkSink.NOWHERE);
      }
    }
  }

  @Test
  void layerThatAnotherCallHasRestored_isThere() throws Exception {
    var layer = build(LayerEncoding.GZIP, 1);
    pullAndRemove(layer);

    assertThat(addByIndex(layer)).isTrue();

    assertThat(addByIndex(layer)).isTrue();
  }

  @Test
  void strangersBesideTheIndexes_hideNone() throws Exception {
    var layer = build(LayerEncoding.GZIP, 1);
    pullAndRemove(layer);
    kept.close();
    for (var name : List.of("0", "lost+found", "a".repeat(64), "zz")) {
      Files.createDirectories(directory.resolve("indexes").resolve(name).resolve("x"));
    }

    kept = kept(QUOTA);

    assertThat(kept.count()).isOne();
    assertThat(addByIndex(layer)).isTrue();
  }

  @Test
  void indexes_areThereAfterARestart() throws Exception {
    var layer = build(LayerEncoding.GZIP, 1);
    pullAndRemove(layer);
    long bytes = kept.bytes();
    kept.close();
    Files.writeString(directory.resolve("indexes/half.new"), "what a killed daemon left");

    kept = kept(QUOTA);

    assertThat(kept.count()).isEqualTo(1);
    assertThat(kept.bytes()).isEqualTo(bytes);
    assertThat(directory.resolve("indexes/half.new")).doesNotExist();
    assertThat(addByIndex(layer)).isTrue();
  }

  @Test
  void directoryThatCannotBeMade_keepsNothing_andLayersArePulledAllTheSame() throws Exception {
    var layer = build(LayerEncoding.GZIP, 1);
    kept.close();
    Files.delete(directory.resolve("indexes"));
    Files.writeString(directory.resolve("indexes"), "in the way");

    kept = kept(QUOTA);
    pull(layer);
    kept.close();

    assertThat(kept.count()).isZero();
    assertThat(store.remove(digest(layer))).isTrue();
    assertThat(addByIndex(layer)).isFalse();
  }

  @Test
  void indexWithAnyOtherByte_isDropped_andTheLayerIsNotThere() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    var layer = build(LayerEncoding.GZIP, 1);
    pullAndRemove(layer);
    var right = Files.readAllBytes(file(layer));
    for (int i = 0; i < 50; i++) {
      var wrong = right.clone();
      wrong[random.nextInt(wrong.length)] ^= (byte) (1 + random.nextInt(255));
      Files.write(file(layer), i % 5 == 0 ? Arrays.copyOf(right, i * 7) : wrong);
      kept.close();
      kept = kept(QUOTA);

      assertThat(addByIndex(layer)).isFalse();

      assertThat(store.find(digest(layer))).isEmpty();
      assertThat(file(layer)).doesNotExist();
    }
  }

  @Test
  void indexOfAnotherLayer_isDropped() throws Exception {
    var layer = build(LayerEncoding.GZIP, 1);
    var other = build(LayerEncoding.GZIP, 1000);
    pullAndRemove(layer);
    pullAndRemove(other);
    Files.copy(file(layer), file(other), StandardCopyOption.REPLACE_EXISTING);

    assertThat(addByIndex(other)).isFalse();
    assertThat(kept.has(digest(other))).isFalse();
    assertThat(addByIndex(layer)).isTrue();
  }

  @Test
  void layerThatOneRequestBrings_getsNoIndex() throws Exception {
    var small =
        layout()
            .addLayer(
                new ImageTree().file("f", FileContent.generated(200_000, 1)), LayerEncoding.PLAIN);
    pull(small);
    pullAndRemove(build(LayerEncoding.GZIP, 1));

    assertThat(kept.has(digest(small))).isFalse();
  }

  @Test
  void indexWhoseMetadataAnotherVersionMade_isDropped() throws Exception {
    var layer = build(LayerEncoding.GZIP, 1);
    pullAndRemove(layer);
    kept.close();
    kept = kept(QUOTA, VERSION + 1);

    assertThat(addByIndex(layer)).isFalse();
    assertThat(store.find(digest(layer))).isEmpty();
    assertThat(file(layer)).doesNotExist();
  }

  @Test
  void layerThatItsRegistryNoLongerHas_isNotRestored_butItsIndexStays() throws Exception {
    var layer = build(LayerEncoding.GZIP, 1);
    pullAndRemove(layer);

    boolean gone =
        kept.addByIndex(
            digest(layer),
            () -> {
              throw new IOException("404");
            });
    boolean otherSize = kept.addByIndex(digest(layer), () -> 1);

    assertThat(gone).isFalse();
    assertThat(otherSize).isFalse();
    assertThat(store.find(digest(layer))).isEmpty();
    assertThat(kept.has(digest(layer))).isTrue();
  }

  @Test
  void whatWasNotUsedForLongest_goesFirst_forTheQuota() throws Exception {
    var first = build(LayerEncoding.GZIP, 1);
    var second = build(LayerEncoding.GZIP, 1000);
    pullAndRemove(first);
    pullAndRemove(second);
    assertThat(addByIndex(first)).isTrue();
    long bytes = kept.bytes();
    kept.close();

    kept = kept(bytes - 1);

    assertThat(kept.has(digest(first))).isTrue();
    assertThat(kept.has(digest(second))).isFalse();
    assertThat(file(second)).doesNotExist();
  }
}
