package dev.lazuli.snapshotter.start;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The parts of one layer that are to be fetched, the most likely first. A few lists are under way
 * at a time; what is wished for meanwhile makes up the next one. So a chain of imports takes about
 * as many requests as it has links, and not one for each file. Safe for use by several threads.
 */
final class StartQueue {
  /** One list is on its way while the other is being asked for. */
  private static final int LISTS_AT_ONCE = 2;

  /** What is likelier and found later need not wait behind more than this. */
  private static final long MOST_LIST_BYTES = 4L << 20;

  private record Queued(FilePart part, double chance, long number) {
    static final Comparator<Queued> ORDER =
        Comparator.comparingDouble(Queued::chance).reversed().thenComparingLong(Queued::number);
  }

  private final StartLayer layer;
  private final FetchPace pace;
  private final Consumer<CompletableFuture<Void>> tracker;

  @GuardedBy("this")
  private final PriorityQueue<Queued> waiting = new PriorityQueue<>(Queued.ORDER);

  @GuardedBy("this")
  private int underWay;

  @GuardedBy("this")
  private long number;

  /**
   * Makes an empty queue.
   *
   * @param pace is told what lists cost
   * @param tracker is told of each list when it is sent
   */
  StartQueue(StartLayer layer, FetchPace pace, Consumer<CompletableFuture<Void>> tracker) {
    this.layer = layer;
    this.pace = pace;
    this.tracker = tracker;
  }

  synchronized void add(FilePart part, double chance) {
    waiting.add(new Queued(part, chance, number++));
  }

  /** Sends what waits, as far as it may be sent now. */
  void send() {
    for (List<FilePart> list = next(); !list.isEmpty(); list = next()) {
      send(list);
    }
  }

  private synchronized List<FilePart> next() {
    var list = new ArrayList<FilePart>();
    long bytes = 0;
    while (underWay < LISTS_AT_ONCE && !waiting.isEmpty() && bytes < MOST_LIST_BYTES) {
      FilePart part = waiting.remove().part();
      if (!part.isHere()) {
        bytes += part.blobBytes();
        list.add(part);
      }
    }
    underWay += list.isEmpty() ? 0 : 1;
    return list;
  }

  private void send(List<FilePart> list) {
    long bytes = list.stream().mapToLong(FilePart::blobBytes).sum();
    long since = System.nanoTime();
    var fetched = layer.prefetch(list.stream().map(FilePart::extent).toList());
    tracker.accept(
        fetched.whenComplete(
            (_, failure) -> {
              if (failure == null) {
                pace.fetched(bytes, System.nanoTime() - since);
              }
              ended();
              send();
            }));
  }

  private synchronized void ended() {
    underWay--;
  }
}
