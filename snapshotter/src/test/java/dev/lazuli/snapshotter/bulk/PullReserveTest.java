package dev.lazuli.snapshotter.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Limits;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pulls take of the disk that is to stay free for others. */
@SuppressWarnings("MustBeClosedChecker") // Handles cross threads here, and are closed after them.
final class PullReserveTest {
  private static final String IMAGE = "registry.example/app:1";
  private static final long RESERVE = 100_000_000;
  private static final int NOISE = 4_000_000;
  private static final int ZEROS = 8_000_000;

  @TempDir Path directory;

  private volatile long free = RESERVE;
  private volatile long mostUsed;
  private LayerStore store;
  private BulkPulls pulls;
  private Digest digest;
  private RangedBlob blob;

  @BeforeEach
  void open() throws IOException {
    var options =
        StoreOptions.defaults()
            .withReserve(RESERVE)
            .withDisk(disk())
            .withClock(InstantSource.fixed(Instant.ofEpochSecond(1000)));
    store = LayerStore.open(directory.resolve("root"), options);
    pulls =
        new BulkPulls(
            new BulkOptions(true, 2, 2 << 20, 3, Duration.ofMinutes(1), 1 << 20),
            store,
            Limits.DEFAULT,
            (_, _, file) -> Files.write(file, new byte[4096]),
            InstantSource.system(),
            new NoListener());
    var layout = OciLayout.at(directory.resolve("layout"));
    var tree =
        new ImageTree()
            .file("noise", FileContent.generated(NOISE, 1))
            .file("zeros", FileContent.of(new byte[ZEROS]));
    var layer = layout.addLayer(tree, LayerEncoding.GZIP);
    digest = Digest.parseSha256(layer.descriptor().digest());
    blob = new RangedBlob(Files.readAllBytes(layout.blob(layer.descriptor().digest())));
  }

  private record NoListener() implements BulkListener {
    @Override
    public void pulled(BulkProgress progress, long nanos) {}

    @Override
    public void failed(BulkProgress progress, IOException reason) {}
  }

  /** The disk of this machine, but for what it says to have free. */
  private Disk disk() {
    return (Disk)
        Proxy.newProxyInstance(
            Disk.class.getClassLoader(),
            new Class<?>[] {Disk.class},
            (_, method, arguments) ->
                switch (method.getName()) {
                  case "freeBytes" -> free;
                  case "totalBytes" -> 10 * RESERVE;
                  default -> method.invoke(Disk.LOCAL, arguments);
                });
  }

  @AfterEach
  void close() throws IOException {
    pulls.close();
    store.close();
  }

  /** Pulls in a thread, and keeps the result. */
  private final class Waiting {
    private final CompletableFuture<LayerData> result = new CompletableFuture<>();
    private final Thread thread;

    Waiting(boolean isAwaited) {
      thread = Thread.ofVirtual().start(() -> pull(isAwaited));
      Eventually.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    }

    private void pull(boolean isAwaited) {
      try {
        result.complete(pulls.pull(digest, IMAGE, blob, isAwaited));
      } catch (IOException | InterruptedException e) {
        result.completeExceptionally(e);
      }
    }
  }

  private void watchUse() {
    mostUsed = Math.max(mostUsed, store.usedBytes());
  }

  @Test
  void pullAheadOfBlobThatDoesNotFitBesideTheReserve_asksForNothing() {
    free = RESERVE + blob.size() - 1;

    assertThatThrownBy(() -> pulls.pull(digest, IMAGE, blob, false).close())
        .hasMessageContaining("cache.reserve is to stay free");

    assertThat(blob.opened).isEmpty();
  }

  @Test
  void pullAheadThatReachesTheReserve_endsBeforeIt_andLeavesNothing() {
    long spare = blob.size() + ZEROS / 2;
    free = RESERVE + spare;
    blob.onPiece = this::watchUse;

    assertThatThrownBy(() -> pulls.pull(digest, IMAGE, blob, false).close())
        .hasMessageContaining("cache.reserve is to stay free");

    assertThat(mostUsed).isPositive().isLessThanOrEqualTo(spare);
    Eventually.asserted(() -> assertThat(store.usedBytes()).isZero());
    assertThat(store.list()).isEmpty();
  }

  @Test
  void clientsPull_usesTheReserve() throws Exception {
    try (var data = pulls.pull(digest, IMAGE, blob, true)) {
      assertThat(data.complete()).isTrue();
    }
  }

  @Test
  void clientThatJoinsAPullAhead_bringsItBeyondTheReserve() throws Exception {
    free = RESERVE + blob.size();
    blob.heldFrom = 0;
    var ahead = new Waiting(false);
    var client = new Waiting(true);

    blob.gate.countDown();

    try (var data = client.result.get()) {
      assertThat(data.complete()).isTrue();
    }
    ahead.result.get().close();
  }
}
