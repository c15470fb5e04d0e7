package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Random events in virtual time, {@code lazuli.scheduler.runs} times (default 300) from {@code
 * lazuli.scheduler.seed} on. {@link VirtualNode} checks after each event what must always hold;
 * here is checked what must come to pass in the end.
 */
final class SchedulerRandomTest {
  private static final int RUNS = Integer.getInteger("lazuli.scheduler.runs", 300);
  private static final long SEED = Long.getLong("lazuli.scheduler.seed", System.nanoTime());
  private static final int EVENTS = 150;
  private static final int CHUNKS = 30;

  @Test
  void whateverHappens_theInvariantsHold() {
    System.out.println("scheduler: seed " + SEED + ", " + RUNS + " runs");
    for (long seed = SEED; seed < SEED + RUNS; seed++) {
      try {
        new Run(seed).play();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("with seed " + seed + ": " + e.getMessage(), e);
      }
    }
  }

  /** One life of a node. */
  private static final class Run {
    private final Random random;
    private final VirtualNode node;
    private final List<LayerState> layers = new ArrayList<>();
    private final Set<LayerState> toComplete = new HashSet<>();
    private final List<CompletableFuture<Void>> promises = new ArrayList<>();
    private final Set<WaitingReader> withdrawn = new HashSet<>();
    private int names;

    Run(long seed) {
      random = new Random(seed);
      // Near where the clock wraps, too.
      long start = seed % 3 == 0 ? Long.MAX_VALUE - 1_000_000_000L : random.nextLong();
      var options =
          VirtualNode.OPTIONS.withStreams(2 + random.nextInt(5), 1 + random.nextInt(3), 2);
      node = new VirtualNode(options, start);
      for (int i = 0; i < 3; i++) {
        attach();
      }
    }

    private void attach() {
      var chunks = new FakeChunks("layer" + names, CHUNKS, 1 + random.nextInt(3));
      layers.add(node.attach(chunks, "origin" + names++ % 2));
    }

    void play() {
      for (int i = 0; i < EVENTS; i++) {
        event();
      }
      heal();
      layers.forEach(node::detach);
      while (!node.streams.isEmpty()) {
        node.streams.getFirst().end(null, false);
      }
      assertThat(node.state.openStreams()).isZero();
      assertThat(node.released).containsAll(layers);
      assertThat(node.asked).isEmpty();
      assertThat(node.settled).containsAll(promises);
      assertThat(withdrawn).noneMatch(node.answers::containsKey);
    }

    private void event() {
      switch (random.nextInt(24)) {
        case 0, 1, 2 -> demand();
        case 3 -> prefetch();
        case 4 -> background();
        case 5 -> withdraw();
        case 6 -> node.pass(Duration.ofMillis(random.nextInt(100)));
        case 7 -> node.pass(Duration.ofMillis(random.nextInt(4) == 0 ? 20_000 : 500));
        case 8 -> evict();
        case 9 -> reattach();
        case 10 -> seal(random.nextInt(4));
        case 11 -> chunks(layer()).room = random.nextInt(-1, 8) * 1000L;
        case 12 -> watch();
        default -> stream();
      }
    }

    private LayerState layer() {
      return layers.get(random.nextInt(layers.size()));
    }

    private static FakeChunks chunks(LayerState layer) {
      return (FakeChunks) layer.chunks();
    }

    private void demand() {
      int from = random.nextInt(CHUNKS);
      LayerState layer = layer();
      int to = Math.min(CHUNKS, from + 1 + random.nextInt(6));
      if (layer.chunks().nextMissing(from, to) >= 0) {
        node.demand(layer, from, to);
      }
    }

    private void prefetch() {
      LayerState layer = layer();
      boolean range = random.nextBoolean();
      int from = 1 + random.nextInt(CHUNKS - 2);
      LowWork work =
          range
              ? LowWork.inBlob(layer.chunks(), from * 1000L, from * 1000L + random.nextInt(20_000))
              : LowWork.listed(
                  layer.chunks(),
                  List.of(new ChunkRun(0, 1 + from / 2), new ChunkRun(1 + from / 2 + 1, from + 2)));
      promises.add(work.done());
      node.change(() -> node.state.prefetch(layer, work, range, node.now));
    }

    private void background() {
      LayerState layer = layer();
      toComplete.add(layer);
      node.change(() -> node.state.background(layer, node.now));
    }

    private void withdraw() {
      if (!node.asked.isEmpty()) {
        WaitingReader reader = node.asked.iterator().next();
        withdrawn.add(reader);
        node.withdraw(reader);
      }
    }

    private void watch() {
      int from = random.nextInt(CHUNKS - 1);
      var watch = new LayerState.Watch(from, from + 2, new CompletableFuture<>());
      promises.add(watch.seen());
      LayerState layer = layer();
      node.change(() -> node.state.watch(layer, watch));
    }

    /** Evicts what no reader waits for. */
    private void evict() {
      LayerState layer = layer();
      int chunk = random.nextInt(CHUNKS);
      if (layer.demands().wanting(chunk, chunk + 1).isEmpty()
          && layer.sealing() != LayerState.Sealing.DONE) {
        chunks(layer).present.clear(chunk);
      }
    }

    private void reattach() {
      if (random.nextInt(3) == 0) {
        LayerState layer = layers.remove(random.nextInt(layers.size()));
        toComplete.remove(layer);
        node.detach(layer);
        attach();
      }
    }

    /** Seals a layer; or the disk refuses, or the quota, or the layer has lost chunks. */
    private void seal(int outcome) {
      if (!node.sealing.isEmpty()) {
        LayerState layer = node.sealing.removeFirst();
        boolean sealed = outcome < 2 && layer.isWhole();
        node.change(() -> node.state.sealEnded(layer, sealed, outcome == 2, node.now));
      }
    }

    private void stream() {
      if (node.streams.isEmpty()) {
        return;
      }
      VirtualNode.Stream stream = node.streams.get(random.nextInt(node.streams.size()));
      switch (random.nextInt(16)) {
        case 0 -> stream.end(new IOException("reset"), false);
        case 1 -> stream.comesWrong();
        case 2 -> stream.waits();
        case 3 ->
            node.change(
                () ->
                    node.state.letGo(
                        stream.layer,
                        stream.flight,
                        stream.flight.position() + 1 + random.nextInt(4),
                        node.now));
        default -> stream.step();
      }
    }

    /** From here on the sources do what they should: all that was asked for must come. */
    private void heal() {
      layers.forEach(layer -> chunks(layer).room = Long.MAX_VALUE);
      for (int round = 0; round < 400 && !isDone(); round++) {
        List.copyOf(node.streams).forEach(VirtualNode.Stream::step);
        seal(0);
        node.pass(Duration.ofMillis(round < 200 ? 20 : 10_000));
      }
      assertThat(node.asked).isEmpty();
      for (LayerState layer : toComplete) {
        assertThat(layer.chunks().presentCount()).isEqualTo(CHUNKS);
        assertThat(layer.sealing()).isEqualTo(LayerState.Sealing.DONE);
      }
      assertThat(node.streams).isEmpty();
    }

    private boolean isDone() {
      return node.asked.isEmpty()
          && node.streams.isEmpty()
          && node.sealing.isEmpty()
          && toComplete.stream().allMatch(l -> l.sealing() == LayerState.Sealing.DONE);
    }
  }
}
