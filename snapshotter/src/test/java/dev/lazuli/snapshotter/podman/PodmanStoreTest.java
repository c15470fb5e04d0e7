package dev.lazuli.snapshotter.podman;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.fuse.StoreHandler.Request;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.layers.Findings;
import dev.lazuli.snapshotter.layers.LayerEntry;
import dev.lazuli.snapshotter.layers.LayerOrigin;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.layers.index.ListedImage;
import dev.lazuli.snapshotter.layers.index.ListedImage.ListedLayer;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.status.Troubles;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mounts by a node that can be told to be slow, or to fail. */
final class PodmanStoreTest {
  private static final String TOC = "sha256:" + "1".repeat(64);
  private static final Digest DIGEST = Digest.parse("sha256:" + "a".repeat(64));
  private static final Digest DIFF_ID = Digest.parse("sha256:" + "b".repeat(64));

  @TempDir Path directory;

  private final AtomicLong nanos = new AtomicLong(1);
  private final AtomicLong requests = new AtomicLong();
  private final Mounts mounts = new Mounts();
  private PodmanStore store;

  /** Counts claims; images whose name has "slow" wait until they may go on. */
  private static final class Mounts implements RemoteLayers, LayerOrigin {
    final AtomicInteger claims = new AtomicInteger();
    final AtomicInteger restored = new AtomicInteger();
    final CountDownLatch slow = new CountDownLatch(1);
    final List<Findings.Listener> listeners = new ArrayList<>();
    final AtomicInteger changes = new AtomicInteger();
    final ConcurrentMap<String, Boolean> failing = new ConcurrentHashMap<>();

    @Override
    public RemoteLayer mount(LayerRequest request) throws IOException, InterruptedException {
      if (request.reference().contains("slow")) {
        slow.await();
      }
      if (failing.containsKey(request.reference())) {
        throw new IOException("cannot be mounted");
      }
      claims.incrementAndGet();
      return new MountedLayer(request, claims);
    }

    @Override
    public RemoteLayer mountAhead(LayerRequest request) {
      throw new AssertionError();
    }

    @Override
    public RemoteLayer restore(LayerRequest request) throws IOException, InterruptedException {
      restored.incrementAndGet();
      return mount(request);
    }

    @Override
    public RemoteLayer pull(LayerRequest request, boolean isAwaited) {
      throw new AssertionError();
    }

    @Override
    public List<Digest> listed(LayerRequest request) {
      return List.of();
    }

    @Override
    public void onFinding(Findings.Listener listener) {
      listeners.add(listener);
    }

    @Override
    public void usesChanged(Digest digest) {
      changes.incrementAndGet();
    }

    @Override
    public BlobSource blob(String reference, Digest digest, long size) {
      throw new AssertionError();
    }

    @Override
    public Optional<ListedImage> image(String reference) {
      var toc = new TocTrust.Json(Digest.parse(TOC));
      var layer = new ListedLayer(DIGEST, 10, Optional.of(toc), false, DIFF_ID);
      return Optional.of(new ListedImage(DIGEST, List.of(layer)));
    }
  }

  private record MountedLayer(LayerRequest request, AtomicInteger claims) implements RemoteLayer {
    @Override
    public Digest digest() {
      return DIGEST;
    }

    @Override
    public Path lowerDir() {
      return Path.of("/mounted");
    }

    @Override
    public LayerEntry.Directory root() {
      throw new AssertionError();
    }

    @Override
    public boolean mayImplyDirectories() {
      return false;
    }

    @Override
    public boolean complete() {
      return false;
    }

    @Override
    public Optional<Finding> finding() {
      return request.reference().contains("lying")
          ? Optional.of(new Finding(Optional.of(DIGEST), Optional.empty()))
          : Optional.empty();
    }

    @Override
    public void confirmed() {}

    @Override
    public boolean isSharedWith(String reference) {
      return false;
    }

    @Override
    public void check() {}

    @Override
    public Usage usage() {
      return Usage.NONE;
    }

    @Override
    public void close() {
      claims.decrementAndGet();
    }
  }

  @BeforeEach
  void open() throws IOException {
    store =
        new PodmanStore(
            mounts,
            new StoreImages(mounts, nanos::get),
            StoreUses.open(directory.resolve("uses")),
            new BannedLayers(directory.resolve("banned")),
            new Metrics(),
            Duration.ofMinutes(1),
            nanos::get);
  }

  @AfterEach
  void close() {
    mounts.slow.countDown();
    store.close();
  }

  private static String image(String name) {
    return new StoreName("localhost/" + name + ":1", DIGEST).directory();
  }

  private Request request() {
    return new Request(requests.addAndGet(2), false);
  }

  private void find(String name) throws Exception {
    assertThat(store.find(image(name), TOC).get(1, TimeUnit.MINUTES).tree())
        .isEqualTo(Path.of("/mounted"));
  }

  private void use(String name) throws Exception {
    store.use(image(name), TOC, request()).get(1, TimeUnit.MINUTES);
  }

  private void release(String name) throws Exception {
    store.release(image(name), TOC, request()).get(1, TimeUnit.MINUTES);
  }

  @Test
  void layer_isMountedOnce_untilItsLastUseIsTakenBack() throws Exception {
    find("a");
    use("a");
    use("a");
    find("a");
    assertThat(mounts.claims).hasValue(1);
    assertThat(store.counts()).containsEntry(DIGEST, 2);

    release("a");
    assertThat(mounts.claims).hasValue(1);
    release("a");
    assertThat(mounts.claims).hasValue(0);
    assertThat(store.view(image("a"), TOC)).isNull();
  }

  @Test
  void useOfALayerThatNobodyLookedFor_mountsIt() throws Exception {
    use("a");

    assertThat(mounts.claims).hasValue(1);
  }

  @Test
  void layerThatNobodyCameToUse_isGivenUp_andOneThatIsUsedIsNot() throws Exception {
    find("a");
    find("b");
    use("b");
    nanos.addAndGet(PodmanStore.UNUSED.toNanos() - 1);
    store.look();
    assertThat(mounts.claims).hasValue(2);

    nanos.addAndGet(1);
    store.look();

    assertThat(mounts.claims).hasValue(1);
    assertThat(store.view(image("a"), TOC)).isNull();
    assertThat(store.view(image("b"), TOC)).isNotNull();
  }

  @Test
  void lookupThatWaits_holdsUpNoOther() throws Exception {
    var waiting = store.find(image("slow"), TOC);

    find("a");
    use("a");
    release("a");

    assertThat(waiting).isNotDone();
    assertThat(store.view(image("slow"), TOC)).isNull();
    mounts.slow.countDown();
    waiting.get(1, TimeUnit.MINUTES);
  }

  @Test
  void lookup_hasADeadline_andOthersWaitOn() throws Exception {
    var hasty =
        new PodmanStore(
            mounts,
            new StoreImages(mounts, nanos::get),
            StoreUses.open(directory.resolve("other")),
            new BannedLayers(directory.resolve("banned")),
            new Metrics(),
            Duration.ofMillis(20),
            nanos::get);
    try (hasty) {
      assertThatThrownBy(() -> hasty.find(image("slow"), TOC).get(1, TimeUnit.MINUTES))
          .hasCauseInstanceOf(TimeoutException.class);
      mounts.slow.countDown();
      Eventually.until(() -> hasty.view(image("slow"), TOC) != null);
    }
  }

  @Test
  void callerWhoGivesUp_isTheOnlyOne() throws Exception {
    var first = store.find(image("slow"), TOC);
    var second = store.find(image("slow"), TOC);

    assertThat(first.cancel(false)).isTrue();
    mounts.slow.countDown();

    second.get(1, TimeUnit.MINUTES);
  }

  @Test
  void layersThatAreAskedForAndNotUsed_areBounded() throws Exception {
    for (int i = 0; i < HeldLayers.MOST_UNUSED; i++) {
      var _ = store.find(image("slow" + i), TOC);
    }

    assertThatThrownBy(() -> store.find(image("a"), TOC).get(1, TimeUnit.MINUTES))
        .hasMessageContaining("too many");
    mounts.slow.countDown();
    Eventually.asserted(() -> assertThat(mounts.claims).hasValue(HeldLayers.MOST_UNUSED));
    nanos.addAndGet(PodmanStore.UNUSED.toNanos());
    store.look();
    find("a");
  }

  @Test
  void layerThatFailed_isTriedAgain() throws Exception {
    mounts.failing.put("localhost/a:1", true);
    assertThatThrownBy(() -> store.find(image("a"), TOC).get(1, TimeUnit.MINUTES))
        .hasMessageContaining("cannot be mounted");
    mounts.failing.clear();

    find("a");
  }

  @Test
  void nextStore_mountsWhatIsUsed_untilItWorks() throws Exception {
    use("a");
    mounts.failing.put("localhost/a:1", true);
    open();
    var troubles = new Troubles(InstantSource.system());
    store.start(troubles);
    Eventually.until(() -> !troubles.list().isEmpty());
    assertThat(store.counts()).containsEntry(DIGEST, 1);

    mounts.failing.clear();
    store.look();

    Eventually.until(() -> store.view(image("a"), TOC) != null && troubles.list().isEmpty());
    assertThat(mounts.restored.get()).isGreaterThan(1);
  }

  @Test
  void layerWithAnotherDiffId_isShownToNobody_butReleased() throws Exception {
    assertThatThrownBy(() -> store.find(image("lying"), TOC).get(1, TimeUnit.MINUTES))
        .hasMessageContaining("its image says " + DIFF_ID);
    assertThat(store.view(image("lying"), TOC)).isNull();
    use("lying");
    release("lying");

    assertThat(mounts.claims).hasValue(0);
  }

  @Test
  void usesOfALayer_areWrongAsLongAsAllAreKnownToBe() throws Exception {
    store.start(new Troubles(InstantSource.system()));
    assertThatThrownBy(() -> store.find(image("lying"), TOC).get(1, TimeUnit.MINUTES))
        .hasMessageContaining("its image says " + DIFF_ID);

    var uses = mounts.listeners.getFirst().uses(DIGEST);
    assertThat(uses.anyRight()).isFalse();
    assertThat(uses.lie().orElse("")).contains("its image says " + DIFF_ID);
    Eventually.until(() -> mounts.changes.get() == 1);

    find("a");
    assertThat(mounts.listeners.getFirst().uses(DIGEST).anyRight()).isTrue();
    giveUp();
    assertThat(mounts.listeners.getFirst().uses(DIGEST).lie()).isEmpty();
    assertThat(mounts.changes).hasValue(2);
  }

  /** Gives up what nobody uses: the next look-up mounts it again. */
  private void giveUp() {
    nanos.addAndGet(PodmanStore.UNUSED.toNanos());
    store.look();
    assertThat(mounts.claims).hasValue(0);
  }

  @Test
  void layerThatWasFoundToLie_isShownToNobodyAgain_alsoByTheNextDaemon() throws Exception {
    store.start(new Troubles(InstantSource.system()));
    find("a");
    mounts
        .listeners
        .getFirst()
        .found(DIGEST, new Finding(Optional.empty(), Optional.of("its files are others")));
    giveUp();

    assertThatThrownBy(() -> find("a")).hasMessageContaining("its files are others");
    assertThat(store.view(image("a"), TOC)).isNull();

    giveUp();
    store.close();
    open();
    assertThatThrownBy(() -> find("a")).hasMessageContaining("its files are others");
  }

  @Test
  void layerWithAnotherDiffId_isBannedForImagesThatNameTheFalseOne() throws Exception {
    store.start(new Troubles(InstantSource.system()));
    find("a");
    mounts.listeners.getFirst().found(DIGEST, new Finding(Optional.of(DIGEST), Optional.empty()));
    giveUp();

    assertThatThrownBy(() -> find("b")).hasMessageContaining("its image says " + DIFF_ID);
  }

  @Test
  void layerThatLiedToContainerd_isNotShownInTheStore() {
    var banned = new BannedLayers(directory.resolve("banned"));
    banned.ban(BannedLayers.layer(DIGEST, Optional.of(Digest.parse(TOC))), "it has lied");
    store.close();

    assertThatThrownBy(
            () -> {
              open();
              find("a");
            })
        .hasMessageContaining("it has lied");
  }

  @Test
  void namesThatAreNone_findNothing() {
    for (var name : List.of("", "..", "a", image("a").replace("=", ""))) {
      assertThat(store.isImage(name)).isFalse();
      assertThat(store.find(name, TOC)).isCompletedExceptionally();
      assertThat(store.view(name, TOC)).isNull();
      assertThat(store.use(name, TOC, request())).isCompletedExceptionally();
    }
    assertThat(mounts.claims).hasValue(0);
  }
}
