package dev.lazuli.snapshotter.start;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * The head starts of images whose containers are starting. What a reader misses leads them on: it
 * is a program that somebody has started or a module that it has imported, and names what comes
 * next. Of images that share a layer, the latest follows its readers. Safe for use by several
 * threads.
 */
public final class FollowedStarts {
  /** Each keeps files open, and up to 8 bytes for each file of its layers. */
  private static final int MOST = 16;

  private final Map<Long, HeadStart> bySlot = new ConcurrentHashMap<>();
  private final Semaphore permits = new Semaphore(MOST);

  /** Ends when it is closed. */
  @FunctionalInterface
  public interface Following extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Begins to lead a head start on; does nothing if too many are led already.
   *
   * @param layers those of its image
   */
  public Following follow(HeadStart head, List<StartLayer> layers) {
    if (!permits.tryAcquire()) {
      head.endFollowing();
      return () -> {};
    }
    var slots = layers.stream().map(StartLayer::slot).toList();
    slots.forEach(slot -> bySlot.put(slot, head));
    return () -> {
      slots.forEach(slot -> bySlot.remove(slot, head));
      permits.release();
    };
  }

  /**
   * A reader has missed something; returns at once.
   *
   * @param place of the data file of the layer with this slot
   */
  public void missed(long slot, long place) {
    var head = bySlot.get(slot);
    if (head != null) {
      head.missed(slot, place);
    }
  }

  /** A layer is given up: nobody may hold its files. */
  public void ended(long slot) {
    var head = bySlot.remove(slot);
    if (head != null) {
      head.endFollowing();
    }
  }
}
