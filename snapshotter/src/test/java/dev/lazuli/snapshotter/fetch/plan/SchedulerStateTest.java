package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Decisions of the scheduler, in virtual time. */
final class SchedulerStateTest {
  private static final long START = Long.MAX_VALUE - 1_000_000_000L;

  private VirtualNode node = new VirtualNode(VirtualNode.OPTIONS, START);

  /** Streams that the scheduler has ended. */
  private int cut;

  private LayerState layer(String name, String origin) {
    return node.attach(new FakeChunks(name, 40, 1), origin);
  }

  private static FakeChunks chunks(LayerState layer) {
    return (FakeChunks) layer.chunks();
  }

  private List<VirtualNode.Stream> streamsOf(LayerState layer) {
    return node.streams.stream().filter(stream -> stream.layer.equals(layer)).toList();
  }

  /** Ends what was told to end, as the threads of the streams would. */
  private void killedStreamsEnd() {
    for (VirtualNode.Stream stream : List.copyOf(node.streams)) {
      if (stream.killed) {
        cut++;
        stream.end(null, false);
      }
    }
  }

  private void pass(Duration time) {
    for (long left = time.toMillis(); left > 0; left -= 20) {
      node.pass(Duration.ofMillis(20));
      killedStreamsEnd();
    }
  }

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
  void readersOfTheSameChunks_shareAStream() {
    LayerState layer = layer("a", "x");

    for (int i = 0; i < 50; i++) {
      node.demand(layer, i % 3, i % 3 + 1);
    }

    assertThat(node.streams).hasSize(1);
  }

  @Test
  void waitingReads_areCounted_fromTheFirstOneOn() {
    assertThat(node.state.waitingReads(node.now)).isEqualTo(WaitingReads.NONE);
    LayerState layer = layer("a", "x");
    WaitingReader first = node.demand(layer, 0, 3);
    node.pass(Duration.ofSeconds(2));
    node.demand(layer, 20, 23);
    node.pass(Duration.ofSeconds(1));

    assertThat(node.state.waitingReads(node.now))
        .isEqualTo(new WaitingReads(2, Duration.ofSeconds(3).toNanos()));
    node.withdraw(first);
    assertThat(node.state.waitingReads(node.now))
        .isEqualTo(new WaitingReads(1, Duration.ofSeconds(1).toNanos()));
  }

  @Test
  void evictedWhileTheReaderWaits_isFetchedAgain() {
    LayerState layer = layer("a", "x");
    WaitingReader reader = node.demand(layer, 0, 3);
    VirtualNode.Stream stream = node.streams.getFirst();
    stream.step();
    chunks(layer).present.clear(0);
    stream.step();
    stream.step();
    stream.step();

    pass(Duration.ofMillis(40));
    List.copyOf(node.streams).forEach(VirtualNode.Stream::step);

    assertThat(node.answers).containsEntry(reader, "served");
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

  @Test
  void chunkThatAlwaysComesWrong_failsItsReadersSoon() {
    LayerState layer = layer("a", "x");
    WaitingReader reader = node.demand(layer, 7, 8);
    long start = node.now;

    while (!node.answers.containsKey(reader)) {
      List.copyOf(node.streams).forEach(VirtualNode.Stream::comesWrong);
      node.pass(Duration.ofMillis(20));
    }

    assertThat(Duration.ofNanos(node.now - start)).isLessThan(Duration.ofSeconds(3));
    assertThat(node.answers.get(reader)).contains("layer a", "chunk 7", "5 times", "wrong");
  }

  @Test
  void chunkThatAlwaysCameWrong_costsTheNextReaderOneRequest_andIsForgivenWhenRight() {
    LayerState layer = layer("a", "x");
    chunkThatAlwaysComesWrong(layer);

    WaitingReader second = node.demand(layer, 7, 8);
    node.streams.getFirst().comesWrong();
    assertThat(node.answers).containsKey(second);

    WaitingReader third = node.demand(layer, 7, 8);
    node.streams.getFirst().step();
    assertThat(node.answers).containsEntry(third, "served");
  }

  private void chunkThatAlwaysComesWrong(LayerState layer) {
    WaitingReader reader = node.demand(layer, 7, 8);
    while (!node.answers.containsKey(reader)) {
      List.copyOf(node.streams).forEach(VirtualNode.Stream::comesWrong);
      node.pass(Duration.ofMillis(20));
    }
  }

  @Test
  void moreReadsThanMayWait_getAnErrorAtOnce_andTheOthersWait() {
    node = new VirtualNode(VirtualNode.OPTIONS.withWaitingReads(10), START);
    LayerState layer = layer("a", "x");
    for (int i = 0; i < 10; i++) {
      node.demand(layer, i, i + 1);
    }

    WaitingReader tooMany = node.demand(layer, 20, 21);

    assertThat(node.answers.get(tooMany))
        .contains("layer a", "10 reads of the layer are already waiting");
    assertThat(node.answers).hasSize(1);
    assertThat(node.demand(layer("b", "x"), 0, 1).isWaiting()).isTrue();
  }

  @Test
  void layersFloodedWithReads_leaveRoomForOthers() {
    int all = 0;
    for (int i = 0; i < 30; i++) {
      LayerState flooded = layer("flooded" + i, "x");
      int waiting = flood(flooded);
      assertThat(waiting).isBetween(i < 2 ? 4096 : 16, 4096);
      all += waiting;
    }

    assertThat(all).isBetween(12_000, 15_500);
    assertThat(node.answers.values())
        .allMatch(answer -> answer.contains("reads of the layer are already waiting"));
    assertThat(node.demand(layer("quiet", "x"), 0, 1).isWaiting()).isTrue();
  }

  /** Past the node's checks, which look at every reader each time. Returns how many then wait. */
  private int flood(LayerState layer) {
    for (int i = 0; i < 5000; i++) {
      node.state.demand(layer, i % 40, i % 40 + 1, node.now);
    }
    node.change(() -> {});
    return layer.demands().count();
  }

  @Test
  void readersDeadline_isKept_alsoWhereTheClockWraps() {
    WaitingReader reader = node.demand(layer("a", "x"), 0, 1);

    node.pass(Duration.ofSeconds(59));
    assertThat(node.answers).isEmpty();
    node.pass(Duration.ofSeconds(1));

    assertThat(node.answers.get(reader)).contains("not fetched within 60000 ms");
  }

  @Test
  void failedStream_isTriedAgain_lessAndLessOften() {
    LayerState layer = layer("a", "x");
    node.demand(layer, 0, 1);
    int opened = 0;

    for (int i = 0; i < 50 * 50; i++) {
      opened += node.streams.size();
      List.copyOf(node.streams).forEach(stream -> stream.end(new IOException("503"), false));
      node.pass(Duration.ofMillis(20));
    }

    assertThat(opened).isBetween(30, 40);
  }

  @Test
  void manyWaitingReaders_costOthersNothing() {
    LayerState dripping = node.attach(new FakeChunks("big", 5000, 1), "bad");
    node.state.takeEffects();
    for (int i = 0; i < 4000; i++) {
      node.state.demand(dripping, i, i + 1, node.now);
    }
    LayerState other =
        new LayerState(
            new FakeChunks("other", 40, 1), "good", new LinkEstimate(1, 2), () -> 1, false, 8000);
    node.state.attach(other);

    long start = System.nanoTime();
    for (int i = 0; i < 1000; i++) {
      WaitingReader reader = node.state.demand(other, i % 40, i % 40 + 1, node.now);
      node.state.withdraw(reader, node.now);
    }

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }

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
