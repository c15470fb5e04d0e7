package dev.lazuli.snapshotter.layers;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerProof;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.snapshotter.bulk.BulkOptions;
import dev.lazuli.snapshotter.bulk.BulkPulls;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.bulk.PullReports;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.knowledge.IndexAssembly;
import dev.lazuli.snapshotter.knowledge.IndexSources;
import dev.lazuli.snapshotter.knowledge.KeptIndexes;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.layers.index.MetadataImage;
import dev.lazuli.snapshotter.layers.serve.ServedLayers;
import dev.lazuli.snapshotter.proof.Courtesy;
import dev.lazuli.snapshotter.proof.ProofOptions;
import dev.lazuli.snapshotter.proof.Proofs;
import dev.lazuli.snapshotter.start.FollowedStarts;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.ProofState;
import dev.lazuli.snapshotter.waterfall.StartRecord;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever fails to get a layer leaves no handle on it, and nobody gets one that is not theirs. */
final class LayerOwnershipTest {
  private static final String APP = "registry.test/app:1";
  private static final String OTHER = "other.test/app:1";
  private static final String ALSO_OTHER = "other.test/app:2";

  @TempDir Path directory;

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  /** What each repository's registry has under the layer's digest. */
  private final Map<String, Path> blobs = new HashMap<>();

  /** What registries of these repositories wait for before they answer. */
  private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

  /** Repositories whose registries answer no new question. */
  private final Set<String> lost = ConcurrentHashMap.newKeySet();

  private final CountDownLatch held = new CountDownLatch(1);
  private volatile @Nullable CountDownLatch deletes;
  private LayerStore store;
  private FetchScheduler scheduler;
  private Layers layers;
  private OciLayout layout;
  private BlobDescriptor layer;
  private int left = Integer.MAX_VALUE;
  private int asked;
  private boolean allowUnverified;
  private boolean lazyExisted;
  private boolean localFails;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // Closed after each test.
  void open() throws IOException {
    layout = OciLayout.at(directory.resolve("layout"));
    layer = build("genuine");
    blobs.put(APP, layout.blob(layer.digest()));
    store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults().withDisk(disk()));
    scheduler = new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE);
    layers = newLayers();
  }

  private BlobDescriptor build(String content) throws IOException {
    var tree = new ImageTree().file("file", content);
    return layout.addLazyLayer(tree, BuildOptions.ESTARGZ).descriptor();
  }

  private Layers newLayers() {
    return new Layers(newParts());
  }

  private LayerParts newParts() {
    return newParts(false);
  }

  private LayerParts newParts(boolean isBulk) {
    var bulk = BulkOptions.DEFAULT.withEnabled(isBulk);
    var indexer = new LayerIndexer(store, IndexOptions.DEFAULT);
    return new LayerParts(
        store,
        (reference, digest, size) -> new Blob(reference),
        indexer,
        scheduler,
        new ServedLayers(),
        new LayerActivity(),
        new StartRecord(0),
        new FollowedStarts(),
        new Proofs(
            ProofOptions.OFF,
            new Proofs.Manners(
                Limits.DEFAULT,
                new Courtesy(),
                FetchListener.NONE,
                _ -> 0,
                1,
                Duration.ofSeconds(1),
                InstantSource.system()),
            timer),
        new Findings(),
        new UnmountedTrees(directory, this::count, lazyExisted),
        new UnmountedTrees(directory, this::countLocal, false),
        timer,
        new BulkPulls(
            bulk,
            store,
            Limits.DEFAULT,
            MetadataImage::write,
            InstantSource.system(),
            new PullReports(FetchListener.NONE, _ -> {})),
        new KeptIndexes(directory.resolve("indexes"), 0, 1, store, InstantSource.system()),
        new IndexSources(
            List.of(),
            new IndexAssembly(store, indexer.memory(), MetadataImage::write, indexer.limits()),
            IndexOptions.DEFAULT.timeout()),
        LayersOptions.DEFAULT
            .withBackgroundFetch(false)
            .withBulk(bulk)
            .withAllowUnverified(allowUnverified));
  }

  @AfterEach
  void close() throws IOException {
    layers.close();
    scheduler.close();
    store.close();
    timer.shutdownNow();
  }

  private void count() throws IOException {
    if (--left == 0) {
      throw new IOException("not now");
    }
  }

  /** Waits until a gate is open, if there is one. */
  private void hold(@Nullable CountDownLatch gate) throws IOException {
    if (gate == null) {
      return;
    }
    held.countDown();
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** A disk that can be slow to delete. */
  private Disk disk() {
    InvocationHandler call =
        (_, method, arguments) -> {
          hold(method.getName().equals("delete") ? deletes : null);
          try {
            return method.invoke(Disk.LOCAL, arguments);
          } catch (InvocationTargetException e) {
            throw e.getTargetException();
          }
        };
    return (Disk)
        Proxy.newProxyInstance(Disk.class.getClassLoader(), new Class<?>[] {Disk.class}, call);
  }

  private CompletableFuture<RemoteLayer> mounting(String reference) {
    var request = TestRequests.of(reference, layer);
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return layers.mount(request);
          } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  private void countLocal() throws IOException {
    if (localFails) {
      throw new IOException("no loop device");
    }
    count();
  }

  private final class Blob implements BlobSource {
    private final String reference;

    Blob(String reference) throws IOException {
      count();
      if (lost.contains(reference)) {
        throw new IOException("status 404");
      }
      this.reference = reference;
    }

    private BlobSource file() throws IOException {
      asked++;
      hold(gates.get(reference));
      var file = blobs.get(reference);
      if (file == null) {
        throw new IOException("status 404");
      }
      return new ChannelBlobSource(FileChannel.open(file));
    }

    @Override
    public long size() throws IOException {
      count();
      return file().size();
    }

    @Override
    public BlobStream open(long offset, long length) throws IOException {
      count();
      return file().open(offset, length);
    }
  }

  @Test
  void stepThatFails_leavesNoHandleAndNoFile() throws Exception {
    for (int n = 1; ; n++) {
      left = n;
      try {
        layers.mount(TestRequests.of(APP, layer)).close();
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("not now");
      }
      boolean reached = left <= 0;
      left = Integer.MAX_VALUE;

      assertThat(layers.inUse(Digest.parse(layer.digest()))).as("step %d", n).isEmpty();
      var _ = store.remove(Digest.parse(layer.digest())); // Refuses while a handle is open.
      layers.mount(TestRequests.of(APP, layer)).close();
      assertThat(store.list()).as("step %d", n).isEmpty();
      if (!reached) {
        return;
      }
    }
  }

  @Test
  void completeLayerThatCannotBeLocal_keepsTheMountItHas() throws Exception {
    leaveComplete();
    lazyExisted = true;
    localFails = true;
    layers = newLayers();

    layers.adoptAll();

    assertThat(openLayer().kind()).isEqualTo(MountKind.FUSE_TREE);
  }

  @Test
  void completeLayerThatCannotBeLocal_isMountedLazily() throws Exception {
    leaveComplete();
    localFails = true;
    layers = newLayers();

    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      assertThat(openLayer().kind()).isEqualTo(MountKind.FUSE_TREE);
    }
  }

  /** Fetches all of the layer, and ends as a daemon does. */
  private void leaveComplete() throws Exception {
    var _ = layers.mount(TestRequests.of(APP, layer));
    openLayer().completeNow();
    openLayer().completed().get(30, TimeUnit.SECONDS);
    layers.close();
  }

  @Test
  void imageInUse_isAsked_howeverManyOthersBringTheLayer() throws Exception {
    blobs.put(OTHER, layout.blob(layer.digest()));
    try (var _ = layers.mount(TestRequests.of(OTHER, layer));
        var _ = layers.mount(TestRequests.of(APP, layer))) {
      for (int i = 0; i < LayerRecord.MOST_REFERENCES; i++) {
        var reference = "other.test/app" + i + ":1";
        blobs.put(reference, layout.blob(layer.digest()));
        layers.mount(TestRequests.of(reference, layer)).close();
      }
      assertThat(openLayer().data().record().references()).doesNotContain(APP);
      blobs.keySet().removeIf(reference -> !reference.equals(APP));

      openLayer().completeNow();

      openLayer().completed().get(30, TimeUnit.SECONDS);
    }
  }

  private OpenLayer openLayer() {
    return layers.inUse(Digest.parse(layer.digest())).flatMap(SharedLayer::ifOpen).orElseThrow();
  }

  @Test
  void wrongTableOfContents_leavesNoHandleOnALayerInUse() throws Exception {
    var claim = layers.mount(TestRequests.of(APP, layer));

    var other = build("other").annotations();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> layers.mount(TestRequests.of(APP, layer.withAnnotations(other))))
          .hasMessageContaining("TOC digest is");
    }
    claim.close();

    assertThat(store.list()).isEmpty();
  }

  @Test
  void storedLayerWithAnotherTableOfContents_isIndexedAgain() throws Exception {
    blobs.put(OTHER, layout.blob(build("squatter").digest()));
    var _ = layers.mountAhead(TestRequests.of(OTHER, layer));
    layers.close();
    layers = newLayers();
    blobs.remove(OTHER);

    var squatted = store.list().getFirst().tocDigest();
    blobs.put("registry.test/app:2", layout.blob(layer.digest()));
    var claim = layers.mount(TestRequests.of("registry.test/app:2", layer));

    assertThat(store.list())
        .extracting(LayerRecord::tocDigest)
        .containsExactly(
            Digest.parse(requireNonNull(layer.annotations().get(Annotations.TOC_DIGEST))))
        .doesNotContain(requireNonNull(squatted));
    claim.close();
  }

  @Test
  void layerThatIsHere_isGivenToOtherRepositoriesOnlyIfTheirRegistryHasIt() throws Exception {
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      assertThatThrownBy(() -> layers.mount(TestRequests.of(OTHER, layer)))
          .hasMessageContaining(OTHER)
          .hasMessageContaining("status 404");
      blobs.put(ALSO_OTHER, layout.blob(layer.digest()));
      layers.mount(TestRequests.of(ALSO_OTHER, layer)).close();
      assertThat(store.list().getFirst().references()).containsExactly(APP, ALSO_OTHER);
    }
  }

  @Test
  void registryThatDoesNotAnswer_holdsUpNoOtherThatHasTheLayer() throws Exception {
    blobs.put(OTHER, layout.blob(layer.digest()));
    var gate = new CountDownLatch(1);
    gates.put(OTHER, gate);
    var slow = mounting(OTHER);
    assertThat(held.await(1, TimeUnit.MINUTES)).isTrue();

    try (var claim = mounting(APP).get(1, TimeUnit.MINUTES)) {
      assertThat(claim.complete()).isFalse();
      assertThat(store.list().getFirst().references()).containsExactly(APP);
      gate.countDown();
      slow.get().close();
      assertThat(store.list().getFirst().references()).containsExactly(APP, OTHER);
    }
    assertThat(store.list()).isEmpty();
  }

  /** Its table of contents alone, which is no secret, does not give it the content. */
  @Test
  void slowRegistryWithoutTheContent_isNotGivenWhatAnotherHasBroughtMeanwhile() throws Exception {
    blobs.put(OTHER, layout.blob(layer.digest()));
    var gate = new CountDownLatch(1);
    gates.put(OTHER, gate);
    var slow = mounting(OTHER);
    assertThat(held.await(1, TimeUnit.MINUTES)).isTrue();
    try (var _ = mounting(APP).get(1, TimeUnit.MINUTES)) {
      lost.add(OTHER);
      gate.countDown();

      assertThatThrownBy(slow::get).hasMessageContaining("status 404");

      assertThat(store.list().getFirst().references()).containsExactly(APP);
    }
    assertThat(store.list()).isEmpty();
  }

  @Test
  void imagesOfOneRegistry_askForTheSameLayerOnce() throws Exception {
    layers.mount(TestRequests.of(APP, layer)).close();
    int once = asked;
    asked = 0;
    var gate = new CountDownLatch(1);
    gates.put(APP, gate);
    var first = mounting(APP);
    assertThat(held.await(1, TimeUnit.MINUTES)).isTrue();
    var second = mounting(APP);
    gate.countDown();

    first.get();
    second.get().close();

    assertThat(asked).isEqualTo(once);
    first.get().close();
    assertThat(store.list()).isEmpty();
  }

  @Test
  void layerThatTakesLongToDelete_holdsUpNoOther() throws Exception {
    var digest = Digest.parse(layer.digest());
    var claim = layers.mount(TestRequests.of(APP, layer));
    var gate = new CountDownLatch(1);
    try (var _ = store.find(digest).orElseThrow()) {
      deletes = gate;
      claim.close(); // It cannot go yet.
    }
    assertThat(held.await(1, TimeUnit.MINUTES)).isTrue();

    var answer = CompletableFuture.supplyAsync(() -> layers.inUse(digest));

    assertThat(answer).succeedsWithin(Eventually.PATIENCE).isEqualTo(Optional.empty());
    gate.countDown();
    Eventually.asserted(() -> assertThat(store.list()).isEmpty());
  }

  @Test
  void refusal_isRemembered_forWhoeverAsksAgain() throws Exception {
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      asked = 0;
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> layers.mount(TestRequests.of(OTHER, layer)))
            .hasMessageContaining("status 404");
      }

      assertThat(asked).isEqualTo(1);
    }
  }

  @Test
  void refusal_isForgottenAfterHalfAMinute() throws Exception {
    var clock = new AtomicLong(Long.MAX_VALUE);
    var digest = Digest.parse(layer.digest());
    var admission = new Admission(digest, newParts(), new TableTrust(digest, false), clock::get);
    assertThatThrownBy(() -> admission.require(TestRequests.of(OTHER, layer), Trust.REQUIRED))
        .hasMessageContaining("status 404");
    blobs.put(OTHER, layout.blob(layer.digest()));
    clock.addAndGet(Duration.ofSeconds(30).toNanos());
    assertThatThrownBy(() -> admission.require(TestRequests.of(OTHER, layer), Trust.REQUIRED))
        .hasMessageContaining("status 404");

    clock.addAndGet(1);

    assertThat(admission.require(TestRequests.of(OTHER, layer), Trust.REQUIRED)).isFalse();
  }

  @Test
  void registryThatConfirmsWhatItDoesNotHave_cannotSendAChunkOfIt() throws Exception {
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      blobs.put(OTHER, layout.blob(build("some other content, as long as you like").digest()));

      assertThatThrownBy(() -> layers.mount(TestRequests.of(OTHER, layer)))
          .isInstanceOf(LayerMountException.class)
          .hasMessageContaining("has it is not known");

      assertThat(store.list().getFirst().references()).containsExactly(APP);
    }
  }

  /** Leaves a layer of APP behind, as a pin does; OTHER's registry says that it has it, too. */
  private void leaveStored() throws Exception {
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      assertThat(store.keep(Digest.parse(layer.digest()), true)).isTrue();
    }
    blobs.put(OTHER, layout.blob(build("some other content, as long as you like").digest()));
  }

  @Test
  void claimAhead_ofAStoredLayerOfOthers_opensItToNobody() throws Exception {
    leaveStored();
    try (var _ = layers.mountAhead(TestRequests.of(OTHER, layer))) {
      assertThat(store.list().getFirst().references()).containsExactly(APP);

      assertThatThrownBy(() -> layers.mount(TestRequests.of(OTHER, layer)))
          .isInstanceOf(LayerMountException.class)
          .hasMessageContaining("has it is not known");
    }
    assertThat(store.list().getFirst().references()).containsExactly(APP);
  }

  @Test
  void fetchOfAPinnedLayer_endsWithThePin_alsoIfItsRegistrySendsNothing() throws Exception {
    var digest = Digest.parse(layer.digest());
    leaveStored();
    var gate = new CountDownLatch(1);
    gates.put(APP, gate);
    for (int i = 0; i < 3; i++) {
      var _ = layers.actions().fetch(digest.hex());
      assertThat(layers.inUse(digest).orElseThrow().claims()).isOne();
    }

    assertThat(layers.actions().pin(digest.hex(), false)).hasSize(1);

    assertThat(layers.inUse(digest)).isEmpty();
    gate.countDown();
    Eventually.asserted(() -> assertThat(store.list()).isEmpty());
  }

  @Test
  void claimAhead_ofAStoredLayer_isRecordedOnceItsRegistryHasSentAChunk() throws Exception {
    leaveStored();
    blobs.put(OTHER, layout.blob(layer.digest()));
    try (var _ = layers.mountAhead(TestRequests.of(OTHER, layer));
        var _ = layers.mount(TestRequests.of(OTHER, layer))) {
      assertThat(store.list().getFirst().references()).containsExactly(APP, OTHER);
    }
  }

  /** Whoever was asked for no chunk, as nothing could be compared, is asked once it can be. */
  @Test
  void layerThatComesWhileAnotherIsReplaced_isNotGivenToWhoeverWasAskedBefore() throws Exception {
    leaveStored();
    var digest = Digest.parse(layer.digest());
    var admission = new Admission(digest, newParts(), new TableTrust(digest, false));
    var otherTable = layer.withAnnotations(build("other").annotations());
    var asker = admission.of(TestRequests.of(OTHER, otherTable), Trust.REQUIRED);

    asker.ask();

    assertThat(asker.mayHaveIt()).isFalse();
  }

  @Test
  void repositoryThatHasTheLayer_isAskedOnce() throws Exception {
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      blobs.put(OTHER, layout.blob(layer.digest()));
      asked = 0;
      layers.mount(TestRequests.of(OTHER, layer)).close();
      assertThat(asked).isEqualTo(2);

      layers.mount(TestRequests.of(OTHER, layer)).close();

      assertThat(asked).isEqualTo(2);
    }
  }

  @Test
  void layerThatWasProved_isGivenToWhoeverNamesItByAnotherTable() throws Exception {
    var other = layer.withAnnotations(build("other").annotations());
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      try (var data = store.find(Digest.parse(layer.digest())).orElseThrow()) {
        data.prove(new LayerProof(Digest.parse(layer.digest()), null, Instant.EPOCH));
      }

      try (var claim = layers.mount(TestRequests.of(APP, other))) {
        assertThat(claim.request().tocDigest())
            .contains(
                Digest.parse(requireNonNull(layer.annotations().get(Annotations.TOC_DIGEST))));
      }
    }
  }

  /** Returns a request of an image that names no table, and says that none need be verified. */
  private LayerRequest unverified(String reference) {
    var labels = new HashMap<>(TestRequests.of(reference, layer).toLabels());
    labels.remove("containerd.io/snapshot/stargz/toc.digest");
    labels.put("containerd.io/snapshot/remote/stargz.skipverify", "true");
    return LayerRequest.fromLabels(labels).orElseThrow();
  }

  @Test
  void unverifiedLayer_isNotGivenToImagesOfOtherRepositories_verifiedOrNot() throws Exception {
    allowUnverified = true;
    layers = newLayers();
    blobs.put(OTHER, layout.blob(layer.digest()));
    try (var _ = layers.mount(unverified(APP))) {
      assertThat(layers.status())
          .extracting(LayerStatus::proof)
          .containsExactly(ProofState.UNVERIFIED);
      layers.mount(unverified("registry.test/app:2")).close();

      assertThatThrownBy(() -> layers.mount(TestRequests.of(OTHER, layer)))
          .hasMessageContaining("TOC digest is null");
      assertThatThrownBy(() -> layers.mount(unverified(OTHER)))
          .hasMessageContaining("was brought by others");
    }
  }

  @Test
  void unverifiedImage_isNotGivenWhatOthersHaveBrought_asItCouldNotCompareIt() throws Exception {
    allowUnverified = true;
    layers = newLayers();
    blobs.put(OTHER, layout.blob(layer.digest()));
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      assertThatThrownBy(() -> layers.mount(unverified(OTHER)))
          .hasMessageContaining("was brought by others");
    }
  }

  @Test
  void labelThatSwitchesVerificationOff_isNotHeededUnlessConfigured() {
    assertThatThrownBy(() -> layers.mount(unverified(APP))).isInstanceOf(NoIndexException.class);
  }

  @Test
  void layerThatLied_isGivenToNobodyByAnotherTable() throws Exception {
    var other = layer.withAnnotations(build("other").annotations());
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      try (var data = store.find(Digest.parse(layer.digest())).orElseThrow()) {
        data.prove(new LayerProof(null, "it is another", Instant.EPOCH));
      }

      assertThatThrownBy(() -> layers.mount(TestRequests.of(APP, other)))
          .hasMessageContaining("TOC digest is");
    }
  }

  @Test
  void layerThatIsHere_costsItsOwnRepositoryNoRequest() throws Exception {
    try (var _ = layers.mount(TestRequests.of(APP, layer))) {
      asked = 0;

      layers.mount(TestRequests.of("registry.test/app:2", layer)).close();
      layers.restore(TestRequests.of(OTHER, layer)).close();

      assertThat(asked).isZero();
    }
  }

  @Test
  void layerWithoutIndex_ofAnImageNamedByItsTag_isNotMountedAhead_butMayBePulled()
      throws Exception {
    var plain = layout.addLayer(new ImageTree().file("file", "plain"), LayerEncoding.GZIP);
    blobs.put(OTHER, layout.blob(plain.descriptor().digest()));
    var request = TestRequests.of(OTHER, plain.descriptor());

    assertThatThrownBy(() -> layers.mountAhead(request)).isInstanceOf(LayerFormatException.class);
    layers.close();
    layers = new Layers(newParts(true));

    assertThatThrownBy(() -> layers.mountAhead(request)).isInstanceOf(NoIndexException.class);
    try (var pulled = layers.pull(request, /* isAwaited= */ false)) {
      assertThat(pulled.complete()).isTrue();
    }
  }
}
