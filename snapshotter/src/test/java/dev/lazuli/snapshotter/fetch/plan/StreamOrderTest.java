package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Background work: what it asks for, who overtakes it, and how a layer is sealed at its end. */
final class StreamOrderTest extends VirtualNodeRig {
  @Test
  void sealingThatFails_isTriedAgainAfterAWhile() {
    LayerState layer = layer("a", "x");
    chunks(layer).present.set(0, 40);
    node.change(() -> node.state.background(layer, node.now));
    LayerState whole = node.attach(fullChunks(), "x");
    assertThat(node.sealing).containsExactly(whole);
    node.sealing.clear();

    node.change(() -> node.state.sealEnded(whole, false, true, node.now));
    node.pass(Duration.ofMillis(4900));
    assertThat(node.sealing).isEmpty();
    node.pass(Duration.ofMillis(200));

    assertThat(node.sealing).containsExactly(whole);
  }

  @Test
  void wholeLayerThatMayNotBeSealedYet_isTriedAgain_untilItMay() {
    LayerState whole = node.attach(fullChunks(), "x");

    for (int i = 0; i < 3; i++) {
      node.sealing.clear();
      node.change(() -> node.state.sealEnded(whole, false, false, node.now));
      assertThat(node.sealing).isEmpty();
      node.pass(Duration.ofMillis(5100));
      assertThat(node.sealing).containsExactly(whole);
    }
    node.change(() -> node.state.sealEnded(whole, true, false, node.now));

    assertThat(whole.sealing()).isEqualTo(LayerState.Sealing.DONE);
  }

  @Test
  void layerThatLostChunksBeforeItWasSealed_isFilledAgain_onceThereIsRoom() {
    LayerState layer = node.attach(fullChunks(), "x");
    node.change(() -> node.state.background(layer, node.now));
    chunks(layer).present.clear(3, 6);
    chunks(layer).room = -1;

    node.change(() -> node.state.sealEnded(layer, false, false, node.now));
    pass(Duration.ofMinutes(1));
    assertThat(node.streams).isEmpty();
    chunks(layer).room = Long.MAX_VALUE;
    pass(Duration.ofSeconds(1));
    node.sealing.clear();
    while (!node.streams.isEmpty()) {
      node.streams.getFirst().step();
    }

    assertThat(node.sealing).containsExactly(layer);
  }

  @Test
  void backgroundStreams_askForNoMoreThanThereIsRoomFor() {
    LayerState layer = node.attach(new FakeChunks("a", 20, 1), "x");
    chunks(layer).room = 3 * FakeChunks.CHUNK_BYTES;

    node.change(() -> node.state.background(layer, node.now));

    assertThat(node.streams.stream().mapToInt(stream -> stream.flight.end()).max()).hasValue(3);
  }

  @Test
  void chunksEvictedBehindTheBackgroundPass_areFetchedBeforeItEnds() {
    LayerState layer = layer("a", "x");
    node.change(() -> node.state.background(layer, node.now));
    VirtualNode.Stream first = node.streams.getFirst();
    while (node.streams.contains(first)) {
      first.step();
    }
    assertThat(node.streams).isNotEmpty();
    chunks(layer).present.clear(0);

    for (int i = 0; i < 200 && !node.streams.isEmpty(); i++) {
      node.streams.getFirst().step();
      node.pass(Duration.ofMillis(20));
    }

    assertThat(node.sealing).containsExactly(layer);
  }

  @Test
  void readerFarAheadInABackgroundStream_overtakesIt_andTheStreamIsNotCut() {
    LayerState layer = layer("a", "x");
    node.change(() -> node.state.background(layer, node.now));
    VirtualNode.Stream background = node.streams.getFirst();
    int end = background.flight.end();

    WaitingReader reader = node.demand(layer, 15, 16);
    VirtualNode.Stream own = node.streams.getLast();
    own.step();

    assertThat(own.flight.runs()).containsExactly(new ChunkRun(15, 16));
    assertThat(node.answers).containsEntry(reader, "served");
    assertThat(background.flight.end()).isEqualTo(end);
    while (node.streams.contains(background)) {
      background.step();
    }
    assertThat(chunks(layer).nextMissing(0, end)).isNegative();
  }

  @Test
  void overtakenChunk_comesWithTheStream_ifTheOvertakingOneFails() {
    LayerState layer = layer("a", "x");
    node.change(() -> node.state.background(layer, node.now));
    VirtualNode.Stream background = node.streams.getFirst();
    WaitingReader reader = node.demand(layer, 15, 16);

    node.streams.getLast().end(new IOException("reset"), false);
    while (node.streams.contains(background)) {
      background.step();
    }

    assertThat(node.answers).containsEntry(reader, "served");
  }

  @Test
  void readersInLine_whoseChunksAStreamCarries_waitForItAndForNoPermit() {
    node = new VirtualNode(VirtualNode.OPTIONS.withStreams(2, 1, 2), START);
    LayerState layer = layer("a", "x");
    node.demand(layer, 0, 1);
    node.demand(layer, 38, 39);
    WaitingReader third = node.demand(layer, 10, 11);
    WaitingReader fourth = node.demand(layer, 20, 21);
    node.streams.getFirst().end(null, false);
    long before = node.now;

    VirtualNode.Stream shared = streamOf(layer, 10);
    while (node.streams.contains(shared)) {
      shared.step();
    }

    assertThat(node.answers).containsEntry(third, "served").containsEntry(fourth, "served");
    assertThat(node.now).isEqualTo(before);
  }

  private VirtualNode.Stream streamOf(LayerState layer, int chunk) {
    return streamsOf(layer).stream()
        .filter(stream -> stream.flight.carries(chunk))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void readerWhoseChunkAnotherStreamHadAtWork_goesOnAsSoonAsThatOneHasEnded() {
    LayerState layer = layer("a", "x");
    WaitingReader reader = node.demand(layer, 5, 6);
    VirtualNode.Stream first = node.streams.getFirst();
    node.change(() -> node.state.letGo(layer, first.flight, 5, node.now));
    VirtualNode.Stream second = node.streams.getLast();
    second.end(null, false); // The chunk has a writer already.
    assertThat(reader.demand().isDue(node.now)).isFalse();

    first.end(null, false);

    assertThat(reader.demand().isDue(node.now)).isTrue();
    assertThat(node.streams).hasSize(1);
  }

  private static FakeChunks fullChunks() {
    var chunks = new FakeChunks("whole", 40, 1);
    chunks.present.set(0, 40);
    return chunks;
  }
}
