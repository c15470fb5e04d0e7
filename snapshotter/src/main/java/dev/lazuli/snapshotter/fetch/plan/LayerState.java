package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;

/** What the scheduler knows of a layer: who waits, what is on its way. Guarded by the scheduler. */
public final class LayerState {
  /** Bounds the memory for chunks that came wrong. */
  private static final int MOST_WRONG_CHUNKS = 1024;

  /** How far the layer has come from incomplete to recorded as complete. */
  enum Sealing {
    NOT_YET,
    AT_WORK,
    DONE
  }

  /**
   * Somebody who waits for chunks without asking for them.
   *
   * @param from first chunk
   * @param to chunk after the last
   */
  public record Watch(int from, int to, CompletableFuture<Void> seen) {}

  private final LayerChunks chunks;
  private final String origin;
  private final LinkEstimate link;
  private final Flights flights = new Flights();
  private final Demands demands = new Demands();
  private final LowQueue low;
  private final Gaps gaps;
  private final StreamPlanner planner;
  private final Density density;
  private final List<Watch> watches = new ArrayList<>();
  private final Map<Integer, Integer> wrong = new HashMap<>();
  private Sealing sealing;
  private boolean detached;

  /**
   * Makes the state of a layer of which nothing is on its way.
   *
   * @param origin who has its blob: origins share the permits
   * @param rangesPerRequest how many ranges one request may have, as far as is known
   * @param complete whether the layer is recorded as complete
   * @param maximumUnit most bytes that are fetched for a reader at once
   */
  public LayerState(
      LayerChunks chunks,
      String origin,
      LinkEstimate link,
      IntSupplier rangesPerRequest,
      boolean complete,
      long maximumUnit) {
    this.chunks = chunks;
    this.origin = origin;
    this.link = link;
    this.low = new LowQueue(chunks, flights);
    this.density = new Density(chunks, link);
    this.gaps = new Gaps(chunks, link, rangesPerRequest);
    this.planner = new StreamPlanner(chunks, flights, demands, link, gaps, maximumUnit);
    this.sealing = complete ? Sealing.DONE : Sealing.NOT_YET;
  }

  public LayerChunks chunks() {
    return chunks;
  }

  String origin() {
    return origin;
  }

  public Flights flights() {
    return flights;
  }

  Demands demands() {
    return demands;
  }

  LowQueue low() {
    return low;
  }

  StreamPlanner planner() {
    return planner;
  }

  /** Returns whether every chunk is present. */
  boolean isWhole() {
    return chunks.presentCount() == chunks.chunkCount();
  }

  Density density() {
    return density;
  }

  /** Returns what to do about bytes between chunks; thread-safe. */
  public Gaps gaps() {
    return gaps;
  }

  /** Returns whether to leave chunks to the stream that carries the first of them. */
  boolean isNear(Flight carrier, int chunk, int to) {
    return carrier.isNear(chunk, to, link.unit());
  }

  /** Returns whether what the stream has yet to bring is under way, or nearly so. */
  boolean isNearlyThere(Flight flight) {
    return flight.bytesLeft() <= link.unit();
  }

  Sealing sealing() {
    return sealing;
  }

  void sealing(Sealing now) {
    sealing = now;
  }

  boolean isDetached() {
    return detached;
  }

  void detach() {
    detached = true;
  }

  void watch(Watch watch) {
    watches.add(watch);
  }

  /** Drops and returns those whose chunks are all present, of those that want one of these. */
  List<Watch> takeSeen(int from, int to) {
    if (watches.isEmpty()) {
      return List.of();
    }
    var seen = new ArrayList<Watch>();
    for (Watch watch : watches) {
      boolean concerned = watch.from() < to && from < watch.to();
      if (concerned && chunks.nextMissing(watch.from(), watch.to()) < 0) {
        seen.add(watch);
      }
    }
    watches.removeAll(seen);
    return seen;
  }

  /** Drops and returns all who watch. */
  List<Watch> takeWatches() {
    var all = List.copyOf(watches);
    watches.clear();
    return all;
  }

  /** Records that a chunk came wrong; returns how often it has since it last came right. */
  int cameWrong(int chunk) {
    if (wrong.size() >= MOST_WRONG_CHUNKS && !wrong.containsKey(chunk)) {
      wrong.clear();
    }
    return wrong.merge(chunk, 1, Integer::sum);
  }

  /** Records that a chunk came right. */
  void cameRight(int chunk) {
    if (!wrong.isEmpty()) {
      wrong.remove(chunk);
    }
  }
}
