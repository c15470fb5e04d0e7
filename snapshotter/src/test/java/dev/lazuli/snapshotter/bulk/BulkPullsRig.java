package dev.lazuli.snapshotter.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store, and a blob whose source tests decide on. */
@SuppressWarnings("MustBeClosedChecker") // Handles cross threads here, and are closed after them.
abstract class BulkPullsRig {
  static final String IMAGE = "registry.example/app:1";

  @TempDir Path directory;

  final List<String> told = Collections.synchronizedList(new ArrayList<>());

  volatile boolean listenerFails;

  LayerStore store;

  BulkPulls pulls;

  LayoutLayer layer;

  RangedBlob blob;

  @BeforeEach
  void open() throws IOException {
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
    pulls = pulls(2);
    layer = build(LayerEncoding.GZIP, 1);
    blob = new RangedBlob(bytes(layer));
  }

  BulkPulls pulls(int parallel) {
    return pulls(parallel, Duration.ofMinutes(1), System::nanoTime);
  }

  BulkPulls pulls(int parallel, Duration timeout, LongSupplier nanoTime) {
    return pulls(new BulkOptions(true, parallel, 2 << 20, 3, timeout, 1 << 20), nanoTime);
  }

  BulkPulls pulls(BulkOptions options, LongSupplier nanoTime) {
    return new BulkPulls(
        options,
        store,
        Limits.DEFAULT,
        (_, _, file) -> Files.write(file, new byte[4096]),
        InstantSource.system(),
        nanoTime,
        new BulkListener() {
          @Override
          public void pulled(BulkProgress progress, long nanos) {
            if (listenerFails) {
              throw new IllegalStateException("a listener failed");
            }
            told.add("pulled " + progress.arrivedBytes());
          }

          @Override
          public void failed(BulkProgress progress, IOException reason) {
            told.add("failed");
          }
        });
  }

  OciLayout layout() throws IOException {
    return OciLayout.at(directory.resolve("layout"));
  }

  LayoutLayer build(LayerEncoding encoding, int seed) throws IOException {
    var tree =
        new ImageTree()
            .directory("d")
            .file("d/hello", "hello " + seed)
            .file("d/big", FileContent.generated(5_000_000, seed));
    return layout().addLayer(tree, encoding);
  }

  byte[] bytes(LayoutLayer built) throws IOException {
    return Files.readAllBytes(layout().blob(built.descriptor().digest()));
  }

  static Digest digest(LayoutLayer built) {
    return Digest.parseSha256(built.descriptor().digest());
  }

  @AfterEach
  void close() throws IOException {
    pulls.close();
    assertThat(blob.open.get()).isZero();
    store.close();
    try (Stream<Path> left = Files.list(directory.resolve("root/tmp"))) {
      assertThat(left).as("half-made layers").isEmpty();
    }
  }
}
