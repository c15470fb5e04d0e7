package dev.lazuli.snapshotter.layers;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerProof;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.ProofState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Who is given a layer that is on the node, and what it takes to find out. */
final class LayerSharingTest extends SharedLayersRig {
  private static final String ALSO_OTHER = "other.test/app:2";

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
}
