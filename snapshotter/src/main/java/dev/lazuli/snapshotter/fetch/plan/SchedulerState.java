package dev.lazuli.snapshotter.fetch.plan;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which streams are open for which chunks: events in, {@linkplain Effect effects} out. Has
 * no thread, no lock, no file and no clock; its owner calls it from one thread at a time, tells the
 * time with each event, and carries out the effects that {@link #takeEffects} returns.
 *
 * <p>Each chunk is carried by one stream at a time. A reader's chunk that a stream carries already
 * is waited for, unless it lies far ahead in a stream that no reader waits for: then the chunk gets
 * a stream of its own. The other is not cut off for that: what is on its way would be lost.
 */
public final class SchedulerState {
  /** How long to leave a chunk to who is at work on it, if nothing is heard of that. */
  static final long LEFT_RETRY_NANOS = 10_000_000;

  /** How often a chunk may come wrong, from whatever hosts, before its readers get an error. */
  static final int MOST_WRONG = 5;

  private final FetchOptions options;
  private final Effects effects = new Effects();
  private final Seals seals = new Seals(effects);
  private final Promises promises = new Promises(effects);
  private final Readers readers = new Readers();
  private final ReaderAnswers answers;
  private final OpenStreams streams;
  private final LowDispatch low;
  private final DemandDispatch demanded;
  private final Patience patience;
  private final Set<LayerState> layers = new LinkedHashSet<>();

  public SchedulerState(FetchOptions options, long now) {
    this.options = options;
    var permits = new Permits(options.streams(), options.lowStreams());
    var shares = new Shares(permits);
    this.streams = new OpenStreams(permits, effects);
    this.low = new LowDispatch(options, permits, streams, now);
    this.answers = new ReaderAnswers(readers, effects, low, options.readDeadline());
    this.demanded = new DemandDispatch(readers, answers, streams, permits, shares, low, effects);
    this.patience = new Patience(options, permits, shares, streams.layers(), readers);
  }

  /** Returns what is to be done, and forgets it. */
  public List<Effect> takeEffects() {
    return effects.take();
  }

  // What others tell.

  /** Takes a layer into care. */
  public void attach(LayerState layer) {
    layers.add(layer);
    seals.sealIfWhole(layer);
  }

  /** A reader waits for chunks of an attached layer. */
  public WaitingReader demand(LayerState layer, int from, int to, long now) {
    var reader = new WaitingReader(layer, new Demand(from, to, now));
    int waiting = layer.demands().count();
    int all = readers.count();
    boolean full = waiting >= options.waitingReads() || readers.hasShare(waiting);
    readers.add(reader);
    if (layer.isDetached()) {
      answers.fail(reader, FetchFailedException.detached(layer.chunks(), from));
    } else if (full) {
      answers.fail(reader, FetchFailedException.tooMany(layer.chunks(), from, waiting, all));
    } else {
      demanded.add(reader);
      settle(now);
    }
    return reader;
  }

  /** The reader waits no more. */
  public void withdraw(WaitingReader reader, long now) {
    if (answers.withdraw(reader)) {
      settle(now);
    }
  }

  /** Chunks are to be fetched before background work; a range takes the place of the last one. */
  public void prefetch(LayerState layer, LowWork work, boolean isRange, long now) {
    if (layer.isDetached()) {
      promises.refuse(layer, work.done());
      return;
    }
    promises.prefetch(layer, work, isRange);
    layer.low().forgetFailures();
    low.wakeNow(layer);
    settle(now);
    promises.tellDone(layer);
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
      promises.refuse(layer, watch.seen());
    } else {
      promises.watch(layer, watch);
    }
  }

  // What streams tell.

  /** The stream has reached a chunk; returns whether it is to bring it. */
  public boolean mayBring(LayerState layer, Flight flight, int chunk) {
    flight.advance(chunk);
    boolean urgent = flight.isUrgent();
    LayerChunks chunks = layer.chunks();
    boolean crowds =
        flight.basePriority() != Priority.ON_DEMAND
            && !urgent
            && chunks.diskBytes(chunk) > chunks.roomInAdvance();
    boolean wanted = urgent || !flight.isUnwanted() || layer.isNearlyThere(flight);
    return !flight.isEnding() && chunk < flight.end() && !crowds && wanted;
  }

  /** The stream has passed by all chunks before {@code chunk}. */
  public void passed(Flight flight, int chunk) {
    flight.advance(chunk);
  }

  /** A chunk of the layer has become present. */
  public void arrived(LayerState layer, int chunk, long now) {
    layer.cameRight(chunk);
    promises.arrived(layer, chunk, chunk + 1);
    for (Demand demand : layer.demands().wanting(chunk, chunk + 1)) {
      demand.progressed();
      demanded.look(new WaitingReader(layer, demand), now);
    }
    settle(now);
  }

  /** Somebody else than a stream has made a chunk of the layer present. */
  public void arrivedElsewhere(LayerState layer, int chunk, long now) {
    if (!layer.isDetached()) {
      arrived(layer, chunk, now);
      seals.sealIfWhole(layer);
    }
  }

  /** The first byte of a stream has come. */
  public void receiving(Flight flight) {
    flight.receives();
  }

  /** Takes the chunks from {@code chunk} on away from a stream that would reach them late. */
  public void letGo(LayerState layer, Flight flight, int chunk, long now) {
    demanded.cut(layer, flight, chunk);
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
    streams.ended(layer, flight);
    if (layer.isDetached()) {
      releaseIfIdle(layer);
    } else {
      noteEnd(layer, flight, failure, now);
      if (failure != null && wrongBytes) {
        noteWrong(layer, flight.position(), failure);
      }
      seals.sealIfWhole(layer);
      low.wake(layer);
    }
    settle(now);
    promises.tellDone(layer);
  }

  private void noteEnd(LayerState layer, Flight flight, @Nullable Throwable failure, long now) {
    List<ChunkRun> kept = flight.kept();
    List<ChunkRun> left = flight.left();
    boolean misses = layer.chunks().missesAny(kept);
    for (Demand demand : layer.demands().wanting(flight.from(), flight.runs().getLast().to())) {
      var reader = new WaitingReader(layer, demand);
      if (failure != null && demand.wantsAny(left)) {
        demand.failed(failure, now);
      } else if (failure == null && misses && !flight.isEnding() && demand.wantsAny(kept)) {
        // The stream met chunks that another one was still writing.
        demand.leaveUntil(now + LEFT_RETRY_NANOS);
      } else {
        demand.goOn(now);
      }
      if (flight.isEnding()) {
        demanded.lookInTurn(reader, now);
      } else {
        demanded.look(reader, now);
      }
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
      answers.failWrong(layer, chunk, times, failure);
    }
  }

  /**
   * Sealing has ended. A layer that is whole but not sealed is tried again: there may be room in
   * the quota some day. One that has lost chunks meanwhile is whole again if they arrive.
   *
   * @param failed whether it failed, after which chunks may have to be proved before they count
   */
  public void sealEnded(LayerState layer, boolean sealed, boolean failed, long now) {
    if (seals.ended(layer, sealed, failed, now)) {
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
    low.forget(layer);
    seals.forget(layer);
    answers.failDetached(layer);
    promises.drop(layer);
    layer.flights().all().forEach(flight -> streams.end(flight, new StreamEnded()));
    releaseIfIdle(layer);
    settle(now);
  }

  private void releaseIfIdle(LayerState layer) {
    if (layer.flights().isEmpty()) {
      effects.add(new Effect.Release(layer));
    }
  }

  /**
   * Time has passed.
   *
   * @param memoryWanted whether a stream waits for memory that others hold to decode theirs
   */
  public void tick(long now, boolean memoryWanted) {
    answers.tick(now);
    demanded.tick(now);
    patience.ended(now, memoryWanted).forEach(streams::end);
    low.tick(now);
    seals.tick(now);
    settle(now);
    promises.tick();
  }

  /** Starts all that may be started now. */
  private void settle(long now) {
    demanded.start(now);
    if (!isLacking()) {
      low.start(now);
    }
    streams.markUnwanted(isLacking());
  }

  /** Returns whether a reader lacks a permit. */
  private boolean isLacking() {
    return readers.anyQueued();
  }

  // What others ask.

  public int openStreams() {
    return streams.count();
  }

  /** Returns which readers wait, those too that are left alone for a while. */
  public WaitingReads waitingReads(long now) {
    return readers.waiting(now);
  }

  /** Returns whether readers wait who may be served now, or did a moment ago. */
  public boolean demanded(long now) {
    return readers.anyDue() || answers.servedLately(now);
  }

  /** Returns whether bytes for readers come. */
  public boolean receivingForReaders() {
    return streams
        .all()
        .anyMatch(flight -> flight.isReceiving() && flight.priority() == Priority.ON_DEMAND);
  }

  /** Returns whether there are streams that are not for background work. */
  public boolean prefetching() {
    return streams.all().anyMatch(flight -> flight.priority() != Priority.BACKGROUND);
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
    return readers.count() == 0 && streams.isEmpty();
  }

  /** Returns whether time alone changes nothing. */
  public boolean isIdle() {
    return isQuiet() && !low.waitsForTime() && !seals.anyWaits() && !promises.anyPrefetch();
  }

  /** Returns the layers in care. */
  List<LayerState> layers() {
    return List.copyOf(layers);
  }
}
