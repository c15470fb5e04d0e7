package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How layers and registries share the streams. */
final class StreamSharesTest extends VirtualNodeRig {
  /** A byte every 5 s: never silent for long, never of use. */
  private void dripFor(Duration time) {
    for (long left = time.toSeconds(); left > 0; left -= 5) {
      node.streams.forEach(stream -> gets(stream, 1));
      pass(Duration.ofSeconds(5));
    }
  }

  private void gets(VirtualNode.Stream stream, int bytes) {
    stream.flight.meter().goesOn(node.now);
    stream.flight.meter().got(bytes);
    stream.flight.meter().waits(node.now);
  }

  private void bringsAChunk(VirtualNode.Stream stream) {
    stream.step();
    if (node.streams.contains(stream) && stream.nextChunk() < 0) {
      stream.step();
    }
  }

  /** A reader of three chunks who gets a stream of his own. */
  private void asks(LayerState layer, int number) {
    node.demand(layer, 4 * number, 4 * number + 3);
  }

  @Test
  void drippingOrigin_leavesHalfOfThePermitsToAnother_soon() {
    node.rangesPerRequest = 1;
    LayerState dripping = layer("dripping", "bad");
    LayerState other = layer("other", "good");
    for (int i = 0; i < 40; i += 4) {
      node.demand(dripping, i, i + 1);
    }
    node.streams.forEach(VirtualNode.Stream::waits);
    assertThat(streamsOf(dripping)).hasSize(4);

    node.demand(other, 0, 1);
    node.demand(other, 20, 21);
    node.demand(other, 39, 40);
    pass(Duration.ofSeconds(3));

    assertThat(streamsOf(other)).hasSize(2);
    assertThat(streamsOf(dripping)).hasSize(2);
  }

  @Test
  void twoDrippingOrigins_whoseReadersKeepAsking_leaveAPermitToAThird_soon() {
    node.rangesPerRequest = 1;
    List<LayerState> bad = List.of(layer("a", "bad:5000"), layer("b", "bad:5001"));
    for (int i = 0; i < 8; i++) {
      asks(bad.get(i % 2), i);
    }
    node.streams.forEach(VirtualNode.Stream::waits);
    assertThat(bad).allMatch(layer -> streamsOf(layer).size() == 2);
    LayerState good = layer("good", "good");

    asks(good, 0);
    asks(good, 1);
    pass(Duration.ofSeconds(3));

    assertThat(streamsOf(good)).hasSize(1);
    assertThat(cut).isEqualTo(1);
  }

  @Test
  void manyDrippingOrigins_withAPermitEach_makeWayForAnother_andDoNotTakeItBack() {
    node.rangesPerRequest = 1;
    List<LayerState> bad =
        List.of(layer("a", "bad:1"), layer("b", "bad:2"), layer("c", "bad:3"), layer("d", "bad:4"));
    for (int i = 0; i < 12; i++) {
      asks(bad.get(i % 4), i / 4);
    }
    dripFor(Duration.ofSeconds(10));
    assertThat(bad).allMatch(layer -> streamsOf(layer).size() == 1);
    LayerState good = layer("good", "good");

    asks(good, 0);
    pass(Duration.ofSeconds(1));
    assertThat(streamsOf(good)).hasSize(1);
    VirtualNode.Stream kept = streamsOf(good).getFirst();
    for (int i = 0; i < 15; i++) {
      node.streams.forEach(stream -> gets(stream, stream.equals(kept) ? 20_000 : 1));
      pass(Duration.ofSeconds(1));
    }

    assertThat(streamsOf(good)).containsExactly(kept);
    assertThat(cut).isLessThan(20); // Each of the others has 5 s for its turn.
  }

  @Test
  void fastStreamsOfTwoOrigins_areNotCutForAThird_whichGetsTheNextPermits() {
    node.rangesPerRequest = 1;
    var layers = new ArrayList<LayerState>();
    for (String origin : List.of("x", "y", "z")) {
      layers.add(node.attach(new FakeChunks(origin, 1000, 1), origin));
    }
    int[] asked = new int[3];

    for (int round = 0; round < 100; round++) {
      for (int i = 0; i < 3; i++) {
        while (layers.get(i).demands().count() < (round == 0 && i == 2 ? 0 : 3)) {
          asks(layers.get(i), asked[i]++);
        }
      }
      List.copyOf(node.streams).forEach(this::bringsAChunk);
      pass(Duration.ofMillis(400));
    }

    assertThat(cut).isZero();
    assertThat(Arrays.stream(asked)).allMatch(count -> count > 20);
  }

  @Test
  void layersOfAnOrigin_howeverManyWait_haveOneTurnTogether() {
    node.rangesPerRequest = 1;
    for (int i = 0; i < 20; i++) {
      asks(layer("a" + i, "bad:" + i % 5), 0);
    }
    LayerState good = layer("good", "good");
    asks(good, 0);
    for (int i = 0; i < 7; i++) {
      node.streams.getFirst().end(null, false);
    }

    assertThat(streamsOf(good)).hasSize(1);
  }

  @Test
  void drippingLayer_leavesPermitsToAnotherOfTheSameOrigin() {
    LayerState dripping = layer("dripping", "x");
    LayerState other = layer("other", "x");
    for (int i = 0; i < 40; i += 4) {
      node.demand(dripping, i, i + 1);
    }
    node.streams.forEach(VirtualNode.Stream::waits);

    node.demand(other, 0, 1);
    pass(Duration.ofSeconds(1));

    assertThat(streamsOf(other)).hasSize(1);
  }

  @Test
  void aloneOnTheNode_anOriginMayHaveAllPermits() {
    LayerState layer = layer("a", "x");
    for (int i = 0; i < 40; i += 4) {
      node.demand(layer, i, i + 1);
    }
    node.streams.forEach(VirtualNode.Stream::waits);

    pass(Duration.ofSeconds(5));

    assertThat(node.streams).hasSize(4);
  }

  @Test
  void drippingStream_isGivenUp_andItsReaderToldWhy() {
    LayerState layer = layer("a", "x");
    WaitingReader reader = node.demand(layer, 0, 1);

    dripFor(Duration.ofSeconds(70));

    assertThat(node.answers.get(reader)).contains("less than 1024 bytes per second");
  }

  @Test
  void silentStreamWhoseReaderHasGone_givesItsPermitBack() {
    LayerState layer = layer("a", "x");
    WaitingReader reader = node.demand(layer, 0, 1);
    node.streams.getFirst().waits();

    node.withdraw(reader);
    assertThat(node.streams.getFirst().flight.priority()).isEqualTo(Priority.PREFETCH);
    pass(Duration.ofMillis(1100));

    assertThat(node.streams).isEmpty();
    assertThat(node.answers).isEmpty();
  }

  @Test
  void silentBackground_givesItsPermitToAReader() {
    node = new VirtualNode(VirtualNode.OPTIONS.withStreams(2, 1, 1), START);
    LayerState slow = layer("slow", "x");
    LayerState other = layer("other", "y");
    node.change(() -> node.state.background(slow, node.now));
    node.demand(slow, 39, 40);
    node.streams.forEach(VirtualNode.Stream::waits);

    node.demand(other, 0, 1);
    pass(Duration.ofSeconds(1));

    assertThat(streamsOf(other)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void drippingStream_makesWayForAnotherThatWaitsForMemory(boolean wanted) {
    node.memoryWanted = wanted;
    LayerState dripping = layer("dripping", "bad");
    LayerState other = layer("other", "good");
    asks(dripping, 0);
    asks(other, 0);
    var slow = streamsOf(dripping).getFirst();
    var fast = streamsOf(other).getFirst();
    slow.waits();
    fast.waits();

    for (int seconds = 0; seconds < 12; seconds++) {
      gets(slow, 4 << 10);
      gets(fast, 64 << 10);
      pass(Duration.ofSeconds(1));
    }

    assertThat(cut).isEqualTo(wanted ? 1 : 0);
    assertThat(node.streams.contains(slow)).isEqualTo(!wanted);
    assertThat(node.streams).contains(fast);
  }
}
