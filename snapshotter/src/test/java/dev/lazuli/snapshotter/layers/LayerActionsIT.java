package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.bridge.erofs.ServedBlobs;
import dev.lazuli.bridge.kernel.FileHoles;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.layers.serve.MountDirectories;
import dev.lazuli.snapshotter.layers.serve.Mounters;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.RequestException.Reason;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators do to layers on a real store, scheduler and mount. */
final class LayerActionsIT {
  private static final int SIZE = 2_000_000;
  private static final GeneratedContent FIRST =
      new GeneratedContent(SIZE, 1, GeneratedContent.NOISE);
  private static final GeneratedContent SECOND =
      new GeneratedContent(SIZE, 2, GeneratedContent.NOISE);

  @TempDir Path directory;

  private TestRegistry registry;
  private RegistryClient client;
  private String reference;
  private BlobDescriptor layer;

  @BeforeEach
  void serve() throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs root and /dev/fuse to mount layers");
    var layout = OciLayout.at(directory.resolve("layout"));
    var manifest =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(new ImageTree().file("first", FIRST).file("second", SECOND))
            .build("latest");
    layer = layout.layers(manifest).getFirst();
    registry = TestRegistry.start();
    registry.serve("image", layout);
    reference = registry.host() + "/image:latest";
    client = new RegistryClient(RegistryOptions.builder().build());
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    registry.close();
  }

  @Test
  void layerThatASnapshotNeeds_staysThoughNobodyHoldsIt() throws Exception {
    try (var service = open()) {
      var _ = service.layers().mount(request());
    }
    try (var service = open()) {
      var actions = actionsOf(service, Set.of(Digest.parse(layer.digest())));

      service.layers().settle();
      assertThat(actions.prune(OptionalLong.of(0), true).freedBytes()).isZero();
      assertThat(actions.prune(OptionalLong.of(0), false).removedLayers()).isEmpty();
      assertThat(only(actions).mount()).isEqualTo(MountKind.NONE);

      var report = actionsOf(service, Set.of()).prune(OptionalLong.empty(), false);
      assertThat(report.removedLayers()).containsExactly(layer.digest());
      assertThat(report.freedBytes()).isPositive();
      assertThat(actions.status()).isEmpty();
    }
  }

  @Test
  void prune_evictsContentThatComesBackWhenItIsRead() throws Exception {
    try (var service = open();
        var claim = service.layers().mount(request())) {
      var actions = actionsOf(service, Set.of(Digest.parse(layer.digest())));
      assertContent(claim.lowerDir().resolve("first"), FIRST);
      assertThat(only(actions).presentBytes()).isGreaterThanOrEqualTo(SIZE);

      assertThat(actions.prune(OptionalLong.of(0), true).freedBytes()).isGreaterThan(SIZE);
      var report = actions.prune(OptionalLong.of(0), false);

      assertThat(report.freedBytes()).isGreaterThanOrEqualTo(SIZE);
      assertThat(only(actions).presentBytes()).isZero();
      assertThat(actions.evictedBytes()).isEqualTo(report.freedBytes());
      assertContent(claim.lowerDir().resolve("second"), SECOND);
      assertContent(claim.lowerDir().resolve("first"), FIRST);
    }
  }

  @Test
  void pinnedLayer_keepsItsContentWhateverIsPruned() throws Exception {
    try (var service = open();
        var claim = service.layers().mount(request())) {
      var actions = actionsOf(service, Set.of(Digest.parse(layer.digest())));
      assertContent(claim.lowerDir().resolve("first"), FIRST);
      assertThat(actions.pin(reference, true)).allMatch(LayerStatus::pinned);

      var report = actions.prune(OptionalLong.of(0), false);

      assertThat(report.freedBytes()).isZero();
      assertThat(report.keptBytes()).isEqualTo(report.diskBytes()).isGreaterThan(SIZE);
      assertThat(only(actions).presentBytes()).isGreaterThanOrEqualTo(SIZE);
    }
  }

  @Test
  void fetch_completesALayerThatNobodyUsesOnlyIfItIsPinned() throws Exception {
    try (var service = open()) {
      var _ = service.layers().mount(request());
    }
    try (var service = open()) {
      var actions = actionsOf(service, Set.of(Digest.parse(layer.digest())));
      assertThatThrownBy(() -> actions.fetch(reference))
          .hasMessageContaining("pin it first")
          .isInstanceOfSatisfying(
              RequestException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CONFLICT));

      actions.pin(layer.digest().substring(0, 20), true);
      var _ = actions.fetch(reference);

      awaitComplete(actions);
      Eventually.asserted(() -> assertThat(only(actions).mount()).isEqualTo(MountKind.NONE));
      assertThat(only(actions).claims()).isZero();
      assertThat(actions.counts().complete()).isEqualTo(1);
    }
  }

  @Test
  void mountThatIsThere_isTakenRatherThanCovered() throws Exception {
    try (var service = open()) {
      var _ = service.layers().mount(request());
      var actions = actionsOf(service, Set.of(Digest.parse(layer.digest())));
      var _ = actions.fetch(reference);
      awaitComplete(actions);
      assumeTrue(service.kind() != MountKind.FUSE_TREE, "only EROFS mounts can cover each other");
    }
    var mounts = directory.resolve("root/mounts");
    try (var store = LayerStore.open(directory.resolve("root"), StoreOptions.defaults());
        var data = store.find(Digest.parse(layer.digest())).orElseThrow()) {
      var session = directory.resolve("run/fs");
      var served = ServedBlobs.with(directory.resolve("run/mount"));
      var local =
          Mounters.choose(
                  MountChoice.AUTO,
                  new Mounters.Places(new MountDirectories(mounts), session, served))
              .local();
      var first = local.mount(data);
      var second = local.mount(data);

      assertThat(second.directory()).isEqualTo(first.directory());
      assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo")))
          .filteredOn(line -> line.contains(" " + first.directory() + " "))
          .hasSize(1);
      second.close();
      assertThat(MountTable.below(mounts)).isEmpty();
    }
  }

  private static void awaitComplete(LayerActions actions) {
    Eventually.asserted(() -> assertThat(only(actions).fetch()).isEqualTo(FetchState.COMPLETE));
  }

  private static LayerActions actionsOf(LayerService service, Set<Digest> needed) {
    service.layers().neededBy(() -> needed);
    return service.layers().actions();
  }

  private static LayerStatus only(LayerActions actions) {
    assertThat(actions.status()).hasSize(1);
    return actions.status().getFirst();
  }

  private static void assertContent(Path file, GeneratedContent content) throws IOException {
    try (var expected = content.open()) {
      assertThat(Files.readAllBytes(file)).isEqualTo(expected.readAllBytes());
    }
  }

  private LayerService open() throws IOException {
    return LayerService.open(
        new LayerService.Setup(
            directory.resolve("root"),
            directory.resolve("run"),
            MountChoice.AUTO,
            StoreOptions.defaults().withPuncher(FileHoles::punch),
            FetchOptions.DEFAULT,
            LayersOptions.DEFAULT.withBackgroundFetch(false),
            Optional.empty(),
            Optional.empty()),
        (image, digest, size) -> client.blob(ImageReference.parse(image), digest, size),
        FetchListener.NONE);
  }

  private LayerRequest request() {
    return TestRequests.of(reference, layer);
  }
}
