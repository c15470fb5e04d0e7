package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Decisions of the scheduler, in virtual time. */
final class SchedulerStateTest extends VirtualNodeRig {
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
}
