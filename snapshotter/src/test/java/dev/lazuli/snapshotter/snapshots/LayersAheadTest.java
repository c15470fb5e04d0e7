package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.testimages.waiting.Eventually;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LayersAheadTest {
  private static final String LOW = FakeLayers.digest(1);
  private static final String MIDDLE = FakeLayers.digest(2);
  private static final String HIGH = FakeLayers.digest(3);

  private final FakeLayers layers = new FakeLayers();
  private final LayersAhead ahead = new LayersAhead(layers);
  private final LayerRequest request = request("registry.example/app:1");

  private static LayerRequest request(String reference) {
    return new LayerRequest(
        reference,
        Digest.parse(LOW),
        List.of(Digest.parse(LOW), Digest.parse(MIDDLE), Digest.parse(HIGH)),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        false,
        List.of());
  }

  @AfterEach
  void everythingIsGivenBack() {
    ahead.close();
    Eventually.asserted(
        () -> assertThat(layers.claims.values()).allMatch(claims -> claims.get() == 0));
  }

  @Test
  void layersAbove_areMounted_orPulledWhereTheyHaveNoIndex() {
    layers.withoutIndex.add(HIGH);

    try (var _ = ahead.mountAbove(request)) {
      Eventually.asserted(() -> assertThat(layers.openClaims(MIDDLE)).isEqualTo(1));
      Eventually.asserted(() -> assertThat(layers.openClaims(HIGH)).isEqualTo(1));
    }
    assertThat(layers.pulled).containsExactly(HIGH + " ahead");
  }

  @Test
  void clientThatUnpacksByItself_endsPullsOfItsImage_andNothingElse() {
    layers.withoutIndex.add(HIGH);
    layers.waiting.put(HIGH, new CountDownLatch(1));
    try (var _ = ahead.mountAbove(request)) {
      Eventually.asserted(() -> assertThat(layers.pulled).hasSize(1));
      Eventually.asserted(() -> assertThat(layers.openClaims(MIDDLE)).isEqualTo(1));

      ahead.giveUp(request("registry.example/other:1"));
      ahead.giveUp(request);
    }
    layers.waiting.clear();

    var none = new NoIndexException(Digest.parse(HIGH), "none");
    assertThatThrownBy(() -> ahead.requirePull(request, none)).isSameAs(none);
    try (var _ = ahead.mountAbove(request)) {
      assertThat(layers.openClaims(MIDDLE)).as("what was mounted stays").isEqualTo(1);
    }
    assertThat(layers.openClaims(HIGH)).isZero();
    assertThat(layers.pulled).hasSize(1);
  }

  @Test
  void clientThatBeginsAnew_isHelpedAgain() throws NoIndexException {
    layers.withoutIndex.add(HIGH);
    ahead.giveUp(request);

    ahead.begin(request);

    ahead.requirePull(request, new NoIndexException(Digest.parse(HIGH), "none"));
  }

  @Test
  void layerMountedByAnIndexThatNobodyVouchesFor_isGivenUpBeforeItIsPulled()
      throws NoIndexException {
    try (var _ = ahead.mountAbove(request)) {
      Eventually.asserted(() -> assertThat(layers.openClaims(MIDDLE)).isEqualTo(1));
      var middle = request.above().getFirst();

      ahead.requirePull(middle, new NoIndexException(middle.digest(), "none"));

      assertThat(layers.openClaims(MIDDLE)).isZero();
    }
  }

  @Test
  void pullThatFailed_isNotTriedAgainAhead_beforeTheClientBeginsAnew() {
    layers.withoutIndex.add(MIDDLE);
    layers.failing.add(MIDDLE);
    try (var _ = ahead.mountAbove(request)) {
      Eventually.asserted(() -> assertThat(layers.pulled).hasSize(1));
      Eventually.asserted(() -> assertThat(layers.openClaims(HIGH)).isEqualTo(1));
    }

    mountAgain(2);
    mountAgain(3); // So the second time is over.
    assertThat(layers.pulled).hasSize(1);

    ahead.begin(request);
    mountAgain(4);
    Eventually.asserted(() -> assertThat(layers.pulled.size()).isGreaterThan(1));
  }

  /** Asks anew until a layer was tried to be mounted so many times. */
  private void mountAgain(int times) {
    Eventually.asserted(
        () -> {
          ahead.mountAbove(request).close();
          assertThat(layers.timesMounted(MIDDLE)).isGreaterThanOrEqualTo(times);
        });
  }
}
