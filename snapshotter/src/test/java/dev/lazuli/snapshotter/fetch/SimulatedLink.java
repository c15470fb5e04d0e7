package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.Effect;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.LayerState;
import dev.lazuli.snapshotter.fetch.plan.LinkEstimate;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.fetch.plan.SchedulerState;
import dev.lazuli.snapshotter.fetch.plan.WaitingReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler's decisions over a link of a known round trip and bandwidth, in virtual time: how
 * long readers take, and what moves. Streams share the bandwidth. Each has socket buffers that fill
 * while it stands aside, and what is in them when it is closed is lost, as is its connection.
 */
final class SimulatedLink {
  private static final long STEP = 500_000;
  private static final long TICK = 20_000_000;
  private static final long BUFFERS = 1 << 20;

  /** TCP and TLS take two more round trips. */
  private static final int HANDSHAKES = 2;

  private final long roundTrip;
  private final double bytesPerStep;
  private final int ranges;
  private final FetchOptions options;
  private final SchedulerState state;
  private final Gate gate = new Gate(() -> false);
  private final LinkEstimate link;
  private final List<Pipe> pipes = new ArrayList<>();
  private final Map<WaitingReader, Boolean> answered = new ConcurrentHashMap<>();
  private int idleConnections;
  private long now;
  private double moved;
  private int requests;

  SimulatedLink(FetchOptions options, double roundTripMillis, double megabits, int ranges) {
    this.options = options;
    this.roundTrip = (long) (roundTripMillis * 1e6);
    this.bytesPerStep = megabits * 1e6 / 8 * STEP / 1e9;
    this.ranges = ranges;
    this.state = new SchedulerState(options, 0);
    this.link = new LinkEstimate(options.minimumUnit(), options.maximumUnit());
  }

  LayerState attach(SizedChunks chunks) {
    var layer = new LayerState(chunks, "x", link, () -> ranges, false, options.maximumUnit());
    change(() -> state.attach(layer));
    return layer;
  }

  void background(LayerState layer) {
    change(() -> state.background(layer, now));
  }

  /** Reads the files one after the other, as one process does that looks at each for a while. */
  void read(LayerState layer, List<SizedChunks.FileChunks> files, long nanosEach) {
    var chunks = (SizedChunks) layer.chunks();
    for (var file : files) {
      for (int chunk = file.from(); chunk < file.to(); chunk++) {
        if (chunks.nextMissing(chunk, chunk + 1) >= 0) {
          await(layer, chunk);
        }
      }
      pass(nanosEach);
    }
  }

  private void await(LayerState layer, int chunk) {
    var made = new WaitingReader[1];
    change(() -> made[0] = state.demand(layer, chunk, chunk + 1, now));
    for (long began = now; answered.remove(made[0]) == null; step()) {
      if (now - began > 10_000_000_000L) {
        throw new AssertionError("nobody brings chunk " + chunk);
      }
    }
  }

  /** Lets the layer be completed. */
  void complete(LayerState layer) {
    while (layer.chunks().presentCount() < layer.chunks().chunkCount()) {
      step();
    }
  }

  void pass(long nanos) {
    spare += nanos;
    for (; spare >= STEP; spare -= STEP) {
      step();
    }
  }

  private long spare;

  double seconds() {
    return now / 1e9;
  }

  double megabytesMoved() {
    return moved / 1e6;
  }

  int requests() {
    return requests;
  }

  private void change(Runnable event) {
    event.run();
    for (Effect effect : state.takeEffects()) {
      switch (effect) {
        case Effect.Open open -> pipes.add(new Pipe(open.layer(), open.flight()));
        case Effect.Served served -> answered.put(served.reader(), true);
        case Effect.Failed failed -> throw new AssertionError(failed.reason());
        default -> {}
      }
    }
    gate.announce(state.demanded(now), state.receivingForReaders(), state.prefetching());
  }

  private void step() {
    now += STEP;
    if (now % TICK == 0) {
      change(() -> state.tick(now, false));
    }
    long sending = pipes.stream().filter(Pipe::sends).count();
    for (Pipe pipe : List.copyOf(pipes)) {
      if (pipe.sends()) {
        pipe.send(bytesPerStep / sending);
      }
    }
    for (Pipe pipe : List.copyOf(pipes)) {
      pipe.consume();
    }
  }

  /** One stream: its requests one after the other, each of some ranges. */
  private final class Pipe {
    private final LayerState layer;
    private final Flight flight;
    private final List<List<int[]>> requestsLeft = new ArrayList<>();
    private final List<Integer> chunksLeft = new ArrayList<>();
    private long firstByteAt;
    private boolean received;
    private double bytes;
    private double sent;
    private double consumed;
    private double chunkDone;
    private boolean began;
    private boolean held;

    Pipe(LayerState layer, Flight flight) {
      this.layer = layer;
      this.flight = flight;
      int[] wanted =
          flight.runs().stream().flatMapToInt(run -> missing(run).mapToInt(c -> c)).toArray();
      var split =
          RangeRequest.split(layer.chunks(), wanted, layer.gaps().bridged(flight.basePriority()));
      for (int at = 0; at < split.size(); at += ranges) {
        requestsLeft.add(split.subList(at, Math.min(split.size(), at + ranges)));
      }
      ask();
    }

    private Stream<Integer> missing(ChunkRun run) {
      var missing = new ArrayList<Integer>();
      for (int c = run.from(); c < run.to(); c++) {
        if (layer.chunks().nextMissing(c, c + 1) >= 0) {
          missing.add(c);
        }
      }
      return missing.stream();
    }

    private void ask() {
      if (requestsLeft.isEmpty()) {
        return;
      }
      requests++;
      int trips = idleConnections > 0 ? 1 : 1 + HANDSHAKES;
      idleConnections = Math.max(0, idleConnections - 1);
      firstByteAt = now + trips * roundTrip;
      received = false;
      sent = 0;
      consumed = 0;
      chunkDone = 0;
      bytes = 0;
      held = false;
      for (int[] range : requestsLeft.removeFirst()) {
        bytes += end(range) - start(range);
        for (int chunk : range) {
          chunksLeft.add(chunk);
        }
        gaps.add(range);
      }
      flight.meter().waits(now);
    }

    private final List<int[]> gaps = new ArrayList<>();

    private long start(int[] range) {
      return layer.chunks().chunkBlobOffset(range[0]);
    }

    private long end(int[] range) {
      return layer.chunks().chunkBlobEnd(range[range.length - 1]);
    }

    boolean sends() {
      return now >= firstByteAt && sent < bytes && sent - consumed < BUFFERS;
    }

    void send(double most) {
      double more = Math.min(most, bytes - sent);
      sent += more;
      moved += more;
      if (!received) {
        received = true;
        link.firstByte(roundTrip);
        change(() -> state.receiving(flight));
      }
    }

    private @Nullable Integer chunk() {
      return chunksLeft.isEmpty() ? null : chunksLeft.getFirst();
    }

    void consume() {
      if (flight.endReason() != null) {
        end();
        return;
      }
      if (flight.priority() != Priority.ON_DEMAND && gate.mustYield(flight)) {
        held = true;
        return;
      }
      double there = sent - consumed;
      flight.meter().goesOn(now);
      flight.meter().got((int) there);
      consumed = sent;
      chunkDone += there;
      bring();
      if (flight.endReason() == null && pipes.contains(this)) {
        flight.meter().waits(now);
      }
    }

    private void bring() {
      for (Integer chunk = chunk(); chunk != null; chunk = chunk()) {
        int next = chunk;
        if (!began && !state.mayBring(layer, flight, next)) {
          end();
          return;
        }
        began = true;
        double size = cost(next);
        if (chunkDone + 1e-6 < size) {
          return;
        }
        chunkDone -= size;
        began = false;
        chunksLeft.removeFirst();
        ((SizedChunks) layer.chunks()).present.set(next);
        change(
            () -> {
              state.passed(flight, next + 1);
              state.arrived(layer, next, now);
            });
      }
      requestDone();
    }

    /** Returns how many bytes come until the chunk is there, from the one before it on. */
    private double cost(int chunk) {
      for (int[] range : gaps) {
        for (int i = 0; i < range.length; i++) {
          if (range[i] == chunk) {
            long from = i == 0 ? start(range) : layer.chunks().chunkBlobEnd(range[i - 1]);
            return layer.chunks().chunkBlobEnd(chunk) - from;
          }
        }
      }
      throw new AssertionError();
    }

    private void requestDone() {
      if (!held) {
        link.transferred((long) bytes, Math.max(1, now - firstByteAt));
      }
      idleConnections++;
      gaps.clear();
      if (requestsLeft.isEmpty()) {
        end();
      } else {
        ask();
      }
    }

    private void end() {
      if (pipes.remove(this)) {
        change(() -> state.ended(layer, flight, null, false, now));
      }
    }
  }
}
