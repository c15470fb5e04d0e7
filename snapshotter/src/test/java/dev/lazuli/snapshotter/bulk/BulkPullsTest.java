package dev.lazuli.snapshotter.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Limits;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("MustBeClosedChecker") // Handles cross threads here, and are closed after them.
final class BulkPullsTest {
  private static final String IMAGE = "registry.example/app:1";

  @TempDir Path directory;

  private final List<String> told = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean listenerFails;
  private LayerStore store;
  private BulkPulls pulls;
  private LayoutLayer layer;
  private RangedBlob blob;

  @BeforeEach
  void open() throws IOException {
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
    pulls = pulls(2);
    layer = build(LayerEncoding.GZIP, 1);
    blob = new RangedBlob(bytes(layer));
  }

  private BulkPulls pulls(int parallel) {
    return pulls(parallel, Duration.ofMinutes(1), System::nanoTime);
  }

  private BulkPulls pulls(int parallel, Duration timeout, LongSupplier nanoTime) {
    return pulls(new BulkOptions(true, parallel, 2 << 20, 3, timeout, 1 << 20), nanoTime);
  }

  private BulkPulls pulls(BulkOptions options, LongSupplier nanoTime) {
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

  private OciLayout layout() throws IOException {
    return OciLayout.at(directory.resolve("layout"));
  }

  private LayoutLayer build(LayerEncoding encoding, int seed) throws IOException {
    var tree =
        new ImageTree()
            .directory("d")
            .file("d/hello", "hello " + seed)
            .file("d/big", FileContent.generated(5_000_000, seed));
    return layout().addLayer(tree, encoding);
  }

  private byte[] bytes(LayoutLayer built) throws IOException {
    return Files.readAllBytes(layout().blob(built.descriptor().digest()));
  }

  private static Digest digest(LayoutLayer built) {
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

  private CompletableFuture<LayerData> pulling(LayoutLayer built, RangedBlob from) {
    return pulling(built, IMAGE, from);
  }

  private CompletableFuture<LayerData> pulling(
      LayoutLayer built, String reference, RangedBlob from) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return pulls.pull(digest(built), reference, from, true);
          } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "GZIP", "ZSTD"})
  void layer_isCompleteAndProved_andItsFilesAreInPlace(LayerEncoding encoding) throws Exception {
    var built = build(encoding, 7);
    var source = new RangedBlob(bytes(built));
    try (var data = pulls.pull(digest(built), IMAGE, source, true)) {
      assertThat(data.complete()).isTrue();
      assertThat(requireNonNull(data.record().proof()).diffId()).hasToString(built.diffId());
      assertThat(data.record().references()).containsExactly(IMAGE);
      assertThat(data.record().size()).isEqualTo(source.size());
      var hello = ByteBuffer.allocate(7);
      data.read(data.chunks().dataOffset(0), hello);
      assertThat(new String(hello.array(), UTF_8)).isEqualTo("hello 7");
    }
    assertThat(told).containsExactly("pulled " + source.size());
  }

  @Test
  void manyWhoWant_shareOnePull_andEachHasAHandle() throws Exception {
    blob.heldFrom = 0;
    var first = pulling(layer, blob);
    var second = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(1));
    Eventually.asserted(() -> assertThat(pulls.progress().getFirst().isRunning()).isTrue());
    blob.gate.countDown();

    first.get().close();
    try (var data = second.get()) {
      assertThat(data.complete()).isTrue();
    }
    assertThat(told).hasSize(1);
    assertThat(pulls.progress()).isEmpty();
  }

  /** For each range, such a host would send all of the blob before it as well. */
  @Test
  void hostWithoutRanges_isAskedForTheWholeBlobOnce() throws Exception {
    blob.acceptsRanges = false;

    pulls.pull(digest(layer), IMAGE, blob, true).close();

    assertThat(blob.opened).containsExactly(0L);
  }

  @Test
  void anotherRegistryThatSendsNothing_holdsUpNobody_whoWantsTheSameLayer() throws Exception {
    var held = new RangedBlob(bytes(layer));
    held.heldFrom = 0;
    var first = pulling(layer, "slow.example/app:1", held);
    Eventually.asserted(() -> assertThat(held.opened).isNotEmpty());

    pulls.pull(digest(layer), IMAGE, blob, true).close();

    held.gate.countDown();
    first.get().close();
    assertThat(held.open.get()).isZero();
  }

  @Test
  void layerThatIsHere_isTakenAsItIs() throws Exception {
    pulls.pull(digest(layer), IMAGE, blob, true).close();
    int before = blob.opened.size();

    try (var data = pulls.pull(digest(layer), IMAGE, blob, true)) {
      assertThat(data.complete()).isTrue();
    }

    assertThat(blob.opened).hasSize(before);
  }

  @Test
  void wrongBytes_areAskedForOnceMore_andLeaveNothing() {
    blob.bytes = bytesOfAnother();

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("was sent as");

    assertThat(blob.wrong.get()).isEqualTo(1);
    assertThat(store.list()).isEmpty();
    assertThat(told).containsExactly("failed");
  }

  /** A registry may say of a blob what it likes. */
  @ParameterizedTest
  @ValueSource(ints = {-5000, -1, 1, 5000})
  void blobThatIsShorterOrLongerThanItIsSaidToBe_isNoLayer(int more) {
    blob.moreThanThereIs = more;

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .isInstanceOf(IOException.class);

    assertThat(store.list()).isEmpty();
    assertThat(store.usedBytes()).isZero();
    assertThat(told).containsExactly("failed");
  }

  @Test
  void listenerThatFails_failsThePull_andHoldsNoHandle() throws Exception {
    listenerFails = true;

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("a listener failed");

    assertThat(store.remove(digest(layer))).isTrue();
  }

  @Test
  void blobThatIsMoreThanTheDiskHasFree_isNotAskedFor() {
    blob.moreThanThereIs = Long.MAX_VALUE / 2;

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("layer " + digest(layer))
        .hasMessageContaining("the blob alone needs " + blob.size() + " bytes");

    assertThat(blob.opened).isEmpty();
    assertThat(told).containsExactly("failed");
  }

  private byte[] bytesOfAnother() {
    try {
      return bytes(build(LayerEncoding.GZIP, 2));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void registryThatDiesHalfWay_leavesNothing_andTheNextPullWorks() throws Exception {
    blob.deadFrom = 2 << 20;
    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("registry died");
    assertThat(store.list()).isEmpty();
    assertThat(store.usedBytes()).isZero();

    blob.deadFrom = Long.MAX_VALUE;
    try (var data = pulls.pull(digest(layer), IMAGE, blob, true)) {
      assertThat(data.complete()).isTrue();
    }
  }

  @Test
  void layerStoredByItsIndex_makesRoom_unlessItIsInUse() throws Exception {
    var record = LayerRecord.of(digest(layer), blob.size(), "ESTARGZ", "GZIP", null, -1);
    try (var there = store.create(record)) {
      Files.write(there.meta(), new byte[4096]);
      try (var used = there.commit()) {
        assertThat(used.complete()).isFalse();
        assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
            .hasMessageContaining("is mounted by an index");
      }
    }

    try (var data = pulls.pull(digest(layer), IMAGE, blob, true)) {
      assertThat(data.complete()).isTrue();
    }
  }

  @Test
  void moreThanAllowed_waitTheirTurn_andWhatIsAwaitedComesFirst() throws Exception {
    pulls.close();
    pulls = pulls(1);
    blob.heldFrom = 0;
    var running = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.opened).isNotEmpty());
    var later = build(LayerEncoding.GZIP, 3);
    var sooner = build(LayerEncoding.GZIP, 4);
    var laterBlob = new RangedBlob(bytes(later));
    var soonerBlob = new RangedBlob(bytes(sooner));
    laterBlob.heldFrom = 0;
    var ahead =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return pulls.pull(digest(later), IMAGE, laterBlob, false);
              } catch (IOException | InterruptedException e) {
                throw new CompletionException(e);
              }
            },
            task -> Thread.ofVirtual().start(task));
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(2));
    var asked = pulling(sooner, soonerBlob);
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(3));
    blob.gate.countDown();

    asked.get().close();
    assertThat(ahead).isNotDone();
    laterBlob.gate.countDown();
    ahead.get().close();
    running.get().close();
  }

  @Test
  void theLastWhoStopsWaiting_endsThePull() throws Exception {
    blob.heldFrom = 0;
    var waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (var _ = pulls.pull(digest(layer), IMAGE, blob, false)) {
                    told.add("got");
                  } catch (IOException | InterruptedException e) {
                    told.add("stopped");
                  }
                });
    Eventually.asserted(() -> assertThat(blob.open.get()).isPositive());

    waiting.interrupt();

    Eventually.asserted(() -> assertThat(pulls.progress()).isEmpty());
    waiting.join();
    assertThat(told).containsExactlyInAnyOrder("stopped", "failed");
    assertThat(store.list()).isEmpty();
  }

  @Test
  void pullThatWasGivenUp_failsNobodyWhoComesBeforeItsEnd() throws Exception {
    pulls.close();
    pulls = pulls(1);
    blob.heldFrom = 0;
    var running = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.open.get()).isPositive());
    var other = build(LayerEncoding.GZIP, 3);
    var source = new RangedBlob(bytes(other));
    var waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (var _ = pulls.pull(digest(other), IMAGE, source, true)) {
                    told.add("got");
                  } catch (IOException | InterruptedException e) {
                    told.add("stopped");
                  }
                });
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(2));
    waiting.interrupt();
    waiting.join();
    assertThat(pulls.progress()).as("waits for its turn, to end").hasSize(2);

    var again = pulling(other, source);
    blob.gate.countDown();

    again.get().close();
    running.get().close();
  }

  /** A clock by which each piece of 10,000 bytes takes so long. */
  private static LongSupplier ticking(Duration step) {
    var now = new AtomicLong();
    return () -> now.addAndGet(step.toNanos());
  }

  @Test
  void registryThatDrips_endsItsPull() {
    pulls.close();
    pulls = pulls(1, Duration.ofMinutes(1), ticking(Duration.ofSeconds(11)));

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("too slow")
        .hasMessageContaining("less than 1024 bytes a second");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void slowRegistry_isWaitedFor_unlessOthersWaitForItsTurn(boolean othersWait) throws Exception {
    pulls.close();
    pulls = pulls(1, Duration.ofMinutes(1), ticking(Duration.ofSeconds(1)));
    blob.heldFrom = 0;
    var slow = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.open.get()).isPositive());
    var other = build(LayerEncoding.GZIP, 3);
    var source = new RangedBlob(bytes(other));
    var waiting = othersWait ? pulling(other, source) : slow;
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(othersWait ? 2 : 1));

    blob.gate.countDown();

    if (othersWait) {
      assertThatThrownBy(slow::get).hasMessageContaining("less than 16384 bytes a second");
    }
    waiting.get().close();
  }

  /** At 25,000 bytes a second, one piece after the other. */
  @Test
  void pullThatKeepsAThirdRegistryWaiting_isEndedThoughItIsFasterThanTheCrowdedRate()
      throws Exception {
    pulls.close();
    var options = new BulkOptions(true, 1, 0, 1, Duration.ofMinutes(1), 1 << 20);
    pulls = pulls(options, ticking(Duration.ofMillis(400)));
    blob.heldFrom = 0;
    var slow = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.open.get()).isPositive());
    var second = build(LayerEncoding.GZIP, 3);
    var secondBlob = new RangedBlob(bytes(second));
    secondBlob.heldFrom = 0;
    var beyond = pulling(second, "second.example/app:1", secondBlob);
    Eventually.asserted(() -> assertThat(secondBlob.open.get()).isPositive());
    var third = build(LayerEncoding.GZIP, 4);
    var waiting = pulling(third, "third.example/app:1", new RangedBlob(bytes(third)));
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(3));

    blob.gate.countDown();

    assertThatThrownBy(slow::get)
        .hasMessageContaining("too slow")
        .hasMessageNotContaining("less than 16384 bytes");
    waiting.get().close();
    pulls.close();
    assertThat(beyond).failsWithin(Duration.ofMinutes(1));
  }

  @Test
  void whoHasWaitedLongEnough_goesAway_andThePullEnds() {
    pulls.close();
    pulls = pulls(1, Duration.ofMillis(50), System::nanoTime);
    blob.heldFrom = 0;

    assertThatThrownBy(() -> pulls.pull(digest(layer), IMAGE, blob, true).close())
        .hasMessageContaining("was not pulled within PT0.05S");

    Eventually.asserted(() -> assertThat(pulls.progress()).isEmpty());
    assertThat(store.list()).isEmpty();
  }

  @Test
  void close_endsWhatRunsAndWhatWaits() throws Exception {
    pulls.close();
    pulls = pulls(1);
    blob.heldFrom = 0;
    var other = build(LayerEncoding.GZIP, 3);
    var otherBlob = new RangedBlob(bytes(other));
    var running = pulling(layer, blob);
    Eventually.asserted(() -> assertThat(blob.opened).isNotEmpty());
    var queued = pulling(other, otherBlob);
    Eventually.asserted(() -> assertThat(pulls.progress()).hasSize(2));

    pulls.close();

    assertThatThrownBy(running::get).hasRootCauseInstanceOf(IOException.class);
    assertThatThrownBy(queued::get).hasRootCauseInstanceOf(IOException.class);
    assertThat(store.list()).isEmpty();
  }
}
