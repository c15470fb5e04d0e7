package dev.lazuli.snapshotter.layers;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Whoever fails to get a layer leaves no handle on it, and nobody gets one that is not theirs. */
final class LayerOwnershipTest extends SharedLayersRig {
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
