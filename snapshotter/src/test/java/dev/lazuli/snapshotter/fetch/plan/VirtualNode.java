package dev.lazuli.snapshotter.fetch.plan;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler's state in virtual time: what it wants done is done by the test, one step of one
 * stream after the other. After each event everything that must always hold is checked.
 */
final class VirtualNode {
  static final FetchOptions OPTIONS =
      FetchOptions.DEFAULT
          .withStreams(4, 2, 2)
          .withSizes(3000, 8000, 10_000, 20_000)
          .withReadDeadline(Duration.ofSeconds(60));

  /** A stream as its thread would see it. */
  final class Stream {
    final LayerState layer;
    final Flight flight;
    private int next;
    private boolean received;
    boolean killed;

    Stream(LayerState layer, Flight flight) {
      this.layer = layer;
      this.flight = flight;
      this.next = flight.from();
    }

    FakeChunks chunks() {
      return (FakeChunks) layer.chunks();
    }

    /** Waits for its source. */
    void waits() {
      flight.meter().waits(now);
    }

    /** Brings its next chunk, or ends if there is none. */
    void step() {
      int chunk = nextChunk();
      if (chunk < 0 || killed || !mayBring(chunk)) {
        end(null, false);
        return;
      }
      if (!received) {
        received = true;
        change(() -> state.receiving(flight));
      }
      flight.meter().goesOn(now);
      flight.meter().got(FakeChunks.CHUNK_BYTES);
      chunks().present.set(chunk);
      next = chunk + 1;
      change(
          () -> {
            state.passed(flight, chunk + 1);
            state.arrived(layer, chunk, now);
          });
    }

    /** Comes to its next chunk, which then comes wrong. */
    void comesWrong() {
      int chunk = nextChunk();
      if (chunk < 0 || !mayBring(chunk)) {
        end(null, false);
      } else {
        end(new IOException("wrong"), true);
      }
    }

    private boolean mayBring(int chunk) {
      return state.mayBring(layer, flight, chunk);
    }

    int nextChunk() {
      for (ChunkRun run : flight.runs()) {
        int stop = Math.min(run.to(), flight.end());
        int chunk = Math.max(run.from(), next);
        int missing = chunk < stop ? chunks().nextMissing(chunk, stop) : -1;
        if (missing >= 0) {
          return missing;
        }
      }
      return -1;
    }

    void end(@Nullable Throwable failure, boolean wrongBytes) {
      Throwable reason = killed ? flight.endReason() : failure;
      reason = reason instanceof StreamEnded ? null : reason;
      streams.remove(this);
      Throwable told = reason;
      change(() -> state.ended(layer, flight, told, told != null && wrongBytes, now));
    }
  }

  final FetchOptions options;

  /** Whether a stream waits for memory that others hold. */
  boolean memoryWanted;

  final SchedulerState state;
  final List<Stream> streams = new ArrayList<>();
  final List<LayerState> sealing = new ArrayList<>();
  final Map<WaitingReader, String> answers = new LinkedHashMap<>();
  final Set<WaitingReader> asked = new HashSet<>();
  final Set<LayerState> released = new HashSet<>();
  final Set<CompletableFuture<Void>> settled = new HashSet<>();
  int rangesPerRequest = 3;
  long now;

  VirtualNode(FetchOptions options, long start) {
    this.options = options;
    this.now = start;
    this.state = new SchedulerState(options, start);
  }

  LayerState attach(FakeChunks chunks, String origin) {
    var link = new LinkEstimate(options.minimumUnit(), options.maximumUnit());
    var layer =
        new LayerState(chunks, origin, link, () -> rangesPerRequest, false, options.maximumUnit());
    change(() -> state.attach(layer));
    return layer;
  }

  WaitingReader demand(LayerState layer, int from, int to) {
    var made = new WaitingReader[1];
    change(
        () -> {
          made[0] = state.demand(layer, from, to, now);
          asked.add(made[0]);
        });
    return made[0];
  }

  void detach(LayerState layer) {
    change(() -> state.detach(layer, now));
  }

  /** Lets time pass, tick by tick as the timer does, though not so often if it is long. */
  void pass(Duration time) {
    long end = now + time.toNanos();
    long step = Math.max(20_000_000, time.toNanos() / 50);
    while (end - now > 0) {
      now += Math.min(end - now, step);
      change(() -> state.tick(now, memoryWanted));
    }
  }

  void change(Runnable event) {
    event.run();
    for (Effect effect : state.takeEffects()) {
      carryOut(effect);
    }
    check();
  }

  private void carryOut(Effect effect) {
    switch (effect) {
      case Effect.Open open -> streams.add(new Stream(open.layer(), open.flight()));
      case Effect.End end -> kill(end.flight());
      case Effect.Served served -> answer(served.reader(), "served");
      case Effect.Failed failed -> answer(failed.reader(), "" + failed.reason().getMessage());
      case Effect.Done done -> require(settled.add(done.future()), "done twice");
      case Effect.Dropped dropped -> require(settled.add(dropped.future()), "dropped twice");
      case Effect.Refused refused -> require(settled.add(refused.future()), "refused twice");
      case Effect.Seal seal -> sealing.add(seal.layer());
      case Effect.Release release -> require(released.add(release.layer()), "released twice");
      case Effect.Wake _ -> {}
    }
  }

  private void kill(Flight flight) {
    require(flight.endReason() != null, "ended without a reason");
    streams.stream().filter(s -> s.flight.equals(flight)).forEach(s -> s.killed = true);
  }

  void withdraw(WaitingReader reader) {
    asked.remove(reader);
    change(() -> state.withdraw(reader, now));
  }

  private void answer(WaitingReader reader, String answer) {
    require(answers.put(reader, answer) == null, "a reader was answered twice");
    require(!answer.equals("served") || reader.nextMissing() < 0, "a reader was served too early");
  }

  /** What must always hold. */
  private void check() {
    require(streams.size() <= options.streams(), "too many streams");
    require(streams.size() == state.openStreams(), "permits leaked: " + state.openStreams());
    require(
        streams.stream().filter(s -> s.flight.basePriority() != Priority.ON_DEMAND).count()
            <= options.lowStreams(),
        "too many low streams");
    for (LayerState layer : state.layers()) {
      checkCarriers(layer);
    }
    asked.removeIf(answers::containsKey);
    asked.forEach(this::checkWaiting);
    for (Stream stream : streams) {
      require(!released.contains(stream.layer), "a stream on a released layer");
      require(!stream.layer.isDetached() || stream.flight.isEnding(), "works for a detached layer");
    }
  }

  private static void checkCarriers(LayerState layer) {
    for (int chunk = 0; chunk < layer.chunks().chunkCount(); chunk++) {
      int carriers = 0;
      for (Flight flight : layer.flights().all()) {
        carriers += flight.carries(chunk) ? 1 : 0;
      }
      require(carriers <= 1, "chunk carried twice");
    }
  }

  /** Each missing chunk is on its way, or the reader is left alone, or no permit is free. */
  private void checkWaiting(WaitingReader reader) {
    require(reader.isWaiting(), "a reader was forgotten");
    require(reader.nextMissing() >= 0, "a reader was not served");
    boolean leftAlone = !reader.demand().isDue(now);
    if (leftAlone || streams.size() == options.streams()) {
      return;
    }
    for (int chunk = reader.nextMissing(); chunk >= 0; chunk = nextMissing(reader, chunk + 1)) {
      require(
          isOnItsWay(reader.layer(), chunk),
          "chunk " + chunk + " that a reader waits for is not on its way");
    }
  }

  /** A stream that was told to end is waited for: what it leaves is seen to then. */
  private static boolean isOnItsWay(LayerState layer, int chunk) {
    return layer.flights().carrier(chunk) != null
        || layer.flights().all().stream()
            .filter(Flight::isEnding)
            .flatMap(flight -> flight.left().stream())
            .anyMatch(run -> run.from() <= chunk && chunk < run.to());
  }

  private static int nextMissing(WaitingReader reader, int from) {
    int to = reader.demand().to();
    return from < to ? reader.layer().chunks().nextMissing(from, to) : -1;
  }

  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
