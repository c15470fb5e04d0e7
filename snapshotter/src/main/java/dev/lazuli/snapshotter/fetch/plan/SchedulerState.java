package dev.lazuli.snapshotter.fetch.plan;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Decides which streams are open for which chunks: events in, {@linkplain Effect effects} out. Has
 * no thread, no lock, no file and no clock; its owner calls it from one thread at a time, tells the
 * time with each event, and carries out the effects that {@link #takeEffects} returns.
 *
 * <p>Each chunk is carried by one stream at a time. A reader's chunk that a stream carries already
 * is waited for, unless it lies far ahead in a stream that no reader waits for: then the stream is
 * cut off before it and the chunk gets a stream of its own.
 */
public final class SchedulerState {
  /** How long to leave a chunk to the stream that is about to let go of it. */
  static final long LEFT_RETRY_NANOS = 10_000_000;

  /** After how long a layer that could not be recorded as complete is tried again. */
  static final long SEAL_RETRY_NANOS = 5_000_000_000L;

  /** How often a chunk may come wrong, from whatever hosts, before its readers get an error. */
  static final int MOST_WRONG = 5;

  private final FetchOptions options;
  private final Permits permits;
  private final Shares shares;
  private final Readers readers = new Readers();
  private final LowDispatch low;
  private final Patience patience;
  private final Set<LayerState> layers = new LinkedHashSet<>();

  /** Layers with streams. */
  private final Set<LayerState> flying = new LinkedHashSet<>();

  /** Layers with prefetch work that somebody may wait for. */
  private final Set<LayerState> prefetching = new LinkedHashSet<>();

  private final Map<LayerState, Long> sealRetries = new LinkedHashMap<>();

  /** Readers for whose chunks streams may have to be started. */
  private final Deque<WaitingReader> pending = new ArrayDeque<>();

  private List<Effect> effects = new ArrayList<>();

  public SchedulerState(FetchOptions options, long now) {
    this.options = options;
    this.permits = new Permits(options.streams(), options.lowStreams());
    this.low = new LowDispatch(options, permits, this::open, now);
    this.shares = new Shares(permits);
    this.patience = new Patience(options, permits, shares, flying, readers);
  }

  /** Returns what is to be done, and forgets it. */
  public List<Effect> takeEffects() {
    List<Effect> taken = effects;
    effects = new ArrayList<>();
    return taken;
  }

  // What others tell.

  /** Takes a layer into care. */
  public void attach(LayerState layer) {
    layers.add(layer);
    sealIfWhole(layer);
  }

  /** A reader waits for chunks of an attached layer. */
  public WaitingReader demand(LayerState layer, int from, int to, long now) {
    var reader = new WaitingReader(layer, new Demand(from, to, now));
    int waiting = layer.demands().count();
    readers.add(reader);
    if (layer.isDetached()) {
      fail(reader, FetchFailedException.detached(layer.chunks(), from));
    } else if (waiting >= options.waitingReads()) {
      fail(reader, FetchFailedException.tooMany(layer.chunks(), from, waiting));
    } else {
      pending.add(reader);
      settle(now);
    }
    return reader;
  }

  /** The reader waits no more. */
  public void withdraw(WaitingReader reader, long now) {
    if (readers.remove(reader)) {
      calmDown(reader);
      settle(now);
    }
  }

  /** Chunks are to be fetched before background work; a range takes the place of the last one. */
  public void prefetch(LayerState layer, LowWork work, boolean isRange, long now) {
    if (layer.isDetached()) {
      refuse(layer, work.done());
      return;
    }
    if (isRange) {
      effects.add(new Effect.Dropped(layer.low().prefetch(work).done()));
    } else {
      layer.low().addList(work);
    }
    prefetching.add(layer);
    layer.low().forgetFailures();
    low.wakeNow(layer);
    settle(now);
    tellDone(layer);
  }

  /** All chunks are to be fetched when nothing else is to be done. */
  public void background(LayerState layer, long now) {
    if (!layer.isDetached()) {
      layer.low().background(LowWork.all(layer.chunks()));
      low.wake(layer);
      settle(now);
    }
  }

  /** Somebody waits for chunks that others ask for. */
  public void watch(LayerState layer, LayerState.Watch watch) {
    if (layer.isDetached()) {
      refuse(layer, watch.seen());
    } else {
      layer.watch(watch);
      tellSeen(layer, watch.from(), watch.to());
    }
  }

  private void refuse(LayerState layer, CompletableFuture<Void> future) {
    effects.add(new Effect.Refused(future, FetchFailedException.detached(layer.chunks(), 0)));
  }

  // What streams tell.

  /** The stream comes to a chunk; returns whether it is to bring it. */
  public boolean mayBring(LayerState layer, Flight flight, int chunk) {
    flight.advance(chunk);
    boolean urgent = flight.isUrgent();
    boolean crowds =
        flight.basePriority() != Priority.ON_DEMAND && !urgent && !layer.chunks().hasRoomFor(chunk);
    return !flight.isEnding() && chunk < flight.end() && !crowds && (urgent || !isLacking());
  }

  /** The stream has passed by all chunks before {@code chunk}. */
  public void passed(Flight flight, int chunk) {
    flight.advance(chunk);
  }

  /** A chunk of the layer has become present. */
  public void arrived(LayerState layer, int chunk, long now) {
    layer.cameRight(chunk);
    tellSeen(layer, chunk, chunk + 1);
    for (Demand demand : layer.demands().wanting(chunk, chunk + 1)) {
      demand.progressed();
      look(new WaitingReader(layer, demand), now);
    }
    settle(now);
  }

  /** Somebody else than a stream has made a chunk of the layer present. */
  public void arrivedElsewhere(LayerState layer, int chunk, long now) {
    if (!layer.isDetached()) {
      arrived(layer, chunk, now);
      sealIfWhole(layer);
    }
  }

  /** The first byte of a stream has come. */
  public void receiving(Flight flight) {
    flight.receives();
  }

  /** Takes the chunks from {@code chunk} on away from a stream that would come to them late. */
  public void letGo(LayerState layer, Flight flight, int chunk, long now) {
    cut(layer, flight, chunk);
    settle(now);
  }

  /**
   * The stream works no more.
   *
   * @param failure why not; null if it ended as it should or was ended
   * @param wrongBytes whether what came at its position was not what the layer's index promises
   */
  public void ended(
      LayerState layer, Flight flight, @Nullable Throwable failure, boolean wrongBytes, long now) {
    layer.flights().remove(flight);
    permits.giveBack(layer.origin(), flight.basePriority());
    if (layer.flights().isEmpty()) {
      flying.remove(layer);
    }
    if (layer.isDetached()) {
      releaseIfIdle(layer);
    } else {
      noteEnd(layer, flight, failure, now);
      if (failure != null && wrongBytes) {
        noteWrong(layer, flight.position(), failure);
      }
      sealIfWhole(layer);
      low.wake(layer);
    }
    settle(now);
    tellDone(layer);
  }

  private void noteEnd(LayerState layer, Flight flight, @Nullable Throwable failure, long now) {
    List<ChunkRun> kept = flight.kept();
    List<ChunkRun> left = flight.left();
    boolean misses = layer.chunks().missesAny(kept);
    for (Demand demand : layer.demands().wanting(flight.from(), flight.runs().getLast().to())) {
      var reader = new WaitingReader(layer, demand);
      if (failure != null && demand.wantsAny(left)) {
        demand.failed(failure, now);
      } else if (failure == null && misses && demand.wantsAny(kept)) {
        // The stream was cut short, or met chunks that another one was still writing.
        demand.leaveUntil(now + LEFT_RETRY_NANOS);
      }
      look(reader, now);
    }
    if (failure == null && !misses) {
      layer.low().succeeded();
      return;
    }
    layer.low().rewind(flight.from());
    if (failure == null) {
      low.delay(layer, now + LEFT_RETRY_NANOS);
    } else if (flight.basePriority() != Priority.ON_DEMAND) {
      low.delay(layer, now + layer.low().failed(flight.position()));
    }
  }

  private void noteWrong(LayerState layer, int chunk, Throwable failure) {
    int times = layer.cameWrong(chunk);
    if (times >= MOST_WRONG) {
      for (Demand demand : layer.demands().wanting(chunk, chunk + 1)) {
        fail(
            new WaitingReader(layer, demand),
            FetchFailedException.wrongBytes(layer.chunks(), chunk, times, failure));
      }
    }
  }

  /**
   * Sealing has ended. A layer that is whole but not sealed is tried again: there may be room in
   * the quota some day. One that has lost chunks meanwhile is whole again if they arrive.
   *
   * @param failed whether it failed, after which chunks may have to be proved before they count
   */
  public void sealEnded(LayerState layer, boolean sealed, boolean failed, long now) {
    layer.sealing(sealed ? LayerState.Sealing.DONE : LayerState.Sealing.NOT_YET);
    if (sealed || layer.isDetached()) {
      return;
    }
    if (failed || layer.isWhole()) {
      layer.sealing(LayerState.Sealing.AT_WORK);
      sealRetries.put(layer, now + SEAL_RETRY_NANOS);
    } else {
      layer.low().rewind(0);
      low.wake(layer);
      settle(now);
    }
  }

  /** Nothing more is to be done for the layer. */
  public void detach(LayerState layer, long now) {
    if (layer.isDetached()) {
      return;
    }
    layer.detach();
    layers.remove(layer);
    prefetching.remove(layer);
    low.forget(layer);
    if (sealRetries.remove(layer) != null) {
      layer.sealing(LayerState.Sealing.NOT_YET);
    }
    for (Demand demand : layer.demands().all()) {
      fail(
          new WaitingReader(layer, demand),
          FetchFailedException.detached(layer.chunks(), demand.from()));
    }
    layer.low().dropPrefetch().forEach(work -> effects.add(new Effect.Dropped(work.done())));
    layer.takeWatches().forEach(watch -> effects.add(new Effect.Dropped(watch.seen())));
    layer.flights().all().forEach(flight -> end(flight, new StreamEnded()));
    releaseIfIdle(layer);
    settle(now);
  }

  private void releaseIfIdle(LayerState layer) {
    if (layer.flights().isEmpty()) {
      effects.add(new Effect.Release(layer));
    }
  }

  /** Time has passed. */
  public void tick(long now) {
    for (WaitingReader reader : readers.waitingFor(options.readDeadline().toNanos(), now)) {
      expire(reader, now);
    }
    pending.addAll(readers.takeRetries(now));
    patience.ended(now).forEach(this::end);
    low.tick(now);
    sealRetries
        .entrySet()
        .removeIf(
            retry -> {
              boolean due = retry.getValue() - now <= 0;
              if (due) {
                effects.add(new Effect.Seal(retry.getKey()));
              }
              return due;
            });
    settle(now);
    List.copyOf(prefetching).forEach(this::tellDone);
  }

  private void expire(WaitingReader reader, long now) {
    int chunk = reader.nextMissing();
    if (chunk < 0) {
      serve(reader, now);
      return;
    }
    Demand demand = reader.demand();
    fail(
        reader,
        FetchFailedException.deadline(
            reader.layer().chunks(),
            chunk,
            options.readDeadline(),
            demand.attempts(),
            demand.lastFailure()));
  }

  // What is decided.

  /** Serves the reader, or sees to it that its chunks are carried when it is due. */
  private void look(WaitingReader reader, long now) {
    if (reader.nextMissing() < 0) {
      serve(reader, now);
    } else if (reader.demand().isDue(now)) {
      pending.add(reader);
    } else {
      readers.retryLater(reader);
    }
  }

  /** Starts all that may be started now. */
  private void settle(long now) {
    do {
      while (!pending.isEmpty()) {
        WaitingReader reader = pending.removeFirst();
        if (reader.isWaiting() && reader.demand().isDue(now)) {
          carry(reader, now);
        }
      }
      LayerState next = permits.isFree() ? readers.nextInLine(shares::rank) : null;
      if (next != null) {
        pending.add(readers.takeQueued(next, now));
      }
    } while (!pending.isEmpty());
    if (!isLacking()) {
      low.start(now);
    }
    markUnwanted();
  }

  /** Sees that every missing chunk of a reader is carried, or puts it into the line for permits. */
  private void carry(WaitingReader reader, long now) {
    LayerState layer = reader.layer();
    int to = reader.demand().to();
    int chunk = reader.nextMissing();
    if (chunk < 0) {
      serve(reader, now);
    }
    while (chunk >= 0) {
      Flight carrier = layer.flights().carrier(chunk);
      if (carrier != null && !layer.isNear(carrier, chunk)) {
        cut(layer, carrier, chunk);
        carrier = null;
      }
      if (carrier == null) {
        if (!permits.isFree()) {
          readers.queue(reader, now);
          return;
        }
        carrier = open(layer, layer.planner().forDemand(chunk, now), Priority.ON_DEMAND);
      }
      if (!carrier.isUrgent()) {
        effects.add(new Effect.Wake());
      }
      carrier.urge(Math.min(to, carrier.end()));
      int behind = carrier.carriedUpTo(chunk);
      chunk = behind < to ? layer.chunks().nextMissing(behind, to) : -1;
    }
  }

  private Flight open(LayerState layer, List<ChunkRun> runs, Priority basePriority) {
    var flight = new Flight(layer.chunks(), runs, basePriority);
    permits.take(layer.origin(), basePriority);
    layer.flights().add(flight);
    flying.add(layer);
    effects.add(new Effect.Open(layer, flight));
    return flight;
  }

  /** Takes chunks away from a stream; who waits for them is looked at again. */
  private void cut(LayerState layer, Flight flight, int chunk) {
    int end = flight.end();
    flight.endBefore(chunk);
    layer.low().rewind(chunk);
    low.wake(layer);
    for (Demand demand : layer.demands().wanting(chunk, end)) {
      pending.add(new WaitingReader(layer, demand));
    }
  }

  private void end(Flight flight, IOException reason) {
    flight.ends();
    effects.add(new Effect.End(flight, reason));
    effects.add(new Effect.Wake());
  }

  private void serve(WaitingReader reader, long now) {
    if (readers.remove(reader)) {
      effects.add(new Effect.Served(reader, now - reader.demand().since()));
      calmDown(reader);
    }
  }

  private void fail(WaitingReader reader, FetchFailedException reason) {
    if (readers.remove(reader)) {
      effects.add(new Effect.Failed(reader, reason));
      calmDown(reader);
    }
  }

  /** Streams are as urgent as those make them who still wait. */
  private static void calmDown(WaitingReader gone) {
    LayerState layer = gone.layer();
    for (Flight flight : layer.flights().all()) {
      if (flight.isUrgent() && gone.demand().wants(flight.position(), flight.end())) {
        flight.calmDown(layer.demands().wantedUntil(flight.position(), flight.end()));
      }
    }
  }

  /** Returns whether a reader lacks a permit. */
  private boolean isLacking() {
    return readers.anyQueued();
  }

  private void markUnwanted() {
    boolean lacking = isLacking();
    for (LayerState layer : flying) {
      for (Flight flight : layer.flights().all()) {
        flight.unwanted(
            lacking && flight.basePriority() == Priority.ON_DEMAND && !flight.isUrgent());
      }
    }
  }

  private void sealIfWhole(LayerState layer) {
    if (!layer.isDetached() && layer.sealing() == LayerState.Sealing.NOT_YET && layer.isWhole()) {
      layer.sealing(LayerState.Sealing.AT_WORK);
      effects.add(new Effect.Seal(layer));
    }
  }

  private void tellSeen(LayerState layer, int from, int to) {
    layer.takeSeen(from, to).forEach(watch -> effects.add(new Effect.Done(watch.seen())));
  }

  private void tellDone(LayerState layer) {
    if (prefetching.contains(layer)) {
      layer.low().takeDone().forEach(work -> effects.add(new Effect.Done(work.done())));
      if (!layer.low().isPrefetching()) {
        prefetching.remove(layer);
      }
    }
  }

  // What others ask.

  public int openStreams() {
    return permits.taken();
  }

  /** Returns whether readers wait who may be served now. */
  public boolean demanded() {
    return readers.anyDue();
  }

  /** Returns whether bytes for readers come. */
  public boolean receivingForReaders() {
    return flying.stream()
        .flatMap(layer -> layer.flights().all().stream())
        .anyMatch(flight -> flight.isReceiving() && flight.priority() == Priority.ON_DEMAND);
  }

  /** Returns whether there are streams that are not for background work. */
  public boolean prefetching() {
    return flying.stream()
        .flatMap(layer -> layer.flights().all().stream())
        .anyMatch(flight -> flight.basePriority() != Priority.BACKGROUND);
  }

  /** Returns whether the layer has something to do that is not done yet. */
  public static boolean isWaiting(LayerState layer) {
    return layer.demands().count() > 0 || layer.low().hasMore();
  }

  /** Returns whether a stream or sealing is still at work on the layer. */
  public static boolean isWorkedOn(LayerState layer) {
    return !layer.flights().isEmpty() || layer.sealing() == LayerState.Sealing.AT_WORK;
  }

  /** Returns whether no reader waits and no stream is open. */
  public boolean isQuiet() {
    return readers.count() == 0 && flying.isEmpty();
  }

  /** Returns whether time alone changes nothing. */
  public boolean isIdle() {
    return isQuiet() && !low.waitsForTime() && sealRetries.isEmpty() && prefetching.isEmpty();
  }

  /** Returns the layers in care. */
  List<LayerState> layers() {
    return List.copyOf(layers);
  }
}
