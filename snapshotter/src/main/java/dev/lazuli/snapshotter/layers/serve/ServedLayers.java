package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.fuse.BlobHandler;
import dev.lazuli.bridge.fuse.ContentGoneException;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.fuse.ReadReply;
import dev.lazuli.bridge.fuse.TreeProvider;
import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.cache.ChunkMissingException;
import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the kernel's reads of data files: from the cache if the bytes are there, otherwise once
 * the scheduler has brought them. Never waits itself, not even if they are evicted in between. Safe
 * for use by several threads.
 */
public final class ServedLayers implements BlobHandler, TreeProvider {
  private static final Logger log = LoggerFactory.getLogger(ServedLayers.class);

  /** How often one read is fetched before it fails because its bytes are evicted each time. */
  private static final int MOST_ROUNDS = 10;

  /** In place of a time: the clock is at zero for one nanosecond of its life at most. */
  private static final long NEVER = 0;

  private record Served(
      String reference,
      LayerData data,
      ErofsImage image,
      LayerFetch fetch,
      ReadWatch watch,
      FailedReads failures,
      AtomicLong lastRead) {}

  private final ConcurrentHashMap<Long, Served> bySlot = new ConcurrentHashMap<>();
  private final Set<Long> refused = ConcurrentHashMap.newKeySet();
  private volatile long lastMissNanos = System.nanoTime();
  private volatile boolean suspended;
  private volatile @Nullable FuseSession session;

  /** Takes the session that asks from now on. */
  public void servedBy(FuseSession session) {
    this.session = session;
  }

  /**
   * Starts to answer for a layer; it, its image and its fetching stay open until {@link
   * #stopAnswering}.
   *
   * @param reference the image that brought it
   */
  public void add(
      String reference, LayerData data, ErofsImage image, LayerFetch fetch, ReadWatch watch) {
    var failures = new FailedReads(System.nanoTime());
    bySlot.put(
        data.slot(),
        new Served(reference, data, image, fetch, watch, failures, new AtomicLong(NEVER)));
  }

  /** Answers every read of a layer with an error from now on. */
  public void refuse(long slot) {
    if (refused.add(slot)) {
      var asking = session;
      if (asking != null) {
        asking.failReads(slot);
      }
    }
  }

  /** Answers reads of a layer again that was refused. */
  public void admit(long slot) {
    if (refused.remove(slot)) {
      var asking = session;
      if (asking != null) {
        asking.admitReads(slot);
      }
    }
  }

  /** Returns the time since any layer's content was last missed by a reader. */
  public Duration quietTime() {
    return Duration.ofNanos(System.nanoTime() - lastMissNanos);
  }

  /** Returns how long ago any of an image's layers was last read; empty if none was. */
  public Optional<Duration> unreadTime(String reference) {
    long now = System.nanoTime();
    return bySlot.values().stream()
        .filter(served -> served.reference().equals(reference))
        .map(served -> served.lastRead().get())
        .filter(read -> read != NEVER)
        .map(read -> Duration.ofNanos(now - read))
        .min(Comparator.naturalOrder());
  }

  /**
   * Answers nothing any more, neither with content nor with errors: the process that takes the
   * session over will be asked again.
   */
  public void suspend() {
    suspended = true;
  }

  /**
   * Ends answering: no read of the layer waits any more or will, so that its mounts can be taken
   * away. {@link #forget} must follow, once they are.
   */
  public void stopAnswering(long slot) {
    bySlot.remove(slot);
    var asking = session;
    if (asking != null) {
      asking.failReads(slot);
    }
  }

  /**
   * Forgets a layer that is no longer answered; whoever still reads it gets errors all the same.
   */
  public void forget(long slot) {
    refused.remove(slot);
    var asking = session;
    if (asking != null) {
      asking.admitReads(slot);
    }
  }

  @Override
  public long size(long slot) {
    var served = bySlot.get(slot);
    return served == null ? -1 : served.data().dataSize();
  }

  @Override
  public @Nullable ErofsImage tree(long slot) {
    var served = bySlot.get(slot);
    return served == null ? null : served.image();
  }

  @Override
  public void read(long slot, long offset, int length, ReadReply reply) {
    if (suspended) {
      return;
    }
    var served = bySlot.get(slot);
    if (served == null || refused.contains(slot)) {
      reply.fail(Errno.EIO);
      return;
    }
    served.lastRead().lazySet(System.nanoTime());
    answer(new Asked(served, offset, length, reply), 1);
  }

  /**
   * One read of the kernel's.
   *
   * @param offset first byte
   * @param length how many bytes
   */
  private record Asked(Served served, long offset, int length, ReadReply reply) {
    int firstMissing() {
      return served.data().firstMissing(offset, length);
    }

    /** Returns whether the read needs no other answer: false if content was evicted meanwhile. */
    boolean isAnswered() {
      return reply.offer(this::read);
    }

    private void read(MemorySegment destination, long at) throws IOException {
      try {
        served.data().read(at, destination);
      } catch (ChunkMissingException e) {
        throw new ContentGoneException(e);
      }
    }

    /** Tells the layer's watch, once for each read. */
    void seen(int round, int missing) {
      if (round == 1) {
        served.watch().reads(offset, length, missing);
      }
    }

    CompletableFuture<Void> demand(int missing) {
      int end = served.data().chunks().firstStartingFrom(offset + length);
      var demanded = served.fetch().demand(missing, end);
      reply.onInterrupt(() -> demanded.cancel(false));
      return demanded;
    }
  }

  /** Answers from the cache, or has the scheduler bring what is missing and tries again then. */
  private void answer(Asked asked, int round) {
    int missing = asked.firstMissing();
    if (missing < 0) {
      asked.seen(round, missing);
      if (asked.isAnswered()) {
        return;
      }
      missing = asked.firstMissing();
    }
    if (round > MOST_ROUNDS) {
      fail(asked, "evicted each of the " + MOST_ROUNDS + " times that it was fetched");
    } else if (missing < 0) {
      answer(asked, round + 1);
    } else {
      lastMissNanos = System.nanoTime();
      var demanded = asked.demand(missing);
      asked.seen(round, missing); // What it has fetched along comes after what it asks for.
      var _ = demanded.whenComplete((_, failure) -> fetched(asked, round, failure));
    }
  }

  private void fetched(Asked asked, int round, @Nullable Throwable failure) {
    if (suspended) {
      return;
    }
    if (failure == null) {
      try {
        answer(asked, round + 1);
      } catch (RuntimeException | Error e) { // Nothing else would answer the reader.
        fail(asked, e.toString());
      }
    } else if (failure instanceof CancellationException) {
      asked.reply().fail(Errno.EINTR); // No reader waits any more.
    } else {
      fail(asked, String.valueOf(failure.getMessage()));
    }
  }

  private static void fail(Asked asked, String reason) {
    var served = asked.served();
    served
        .failures()
        .failed(System.nanoTime())
        .ifPresent(
            unsaid ->
                log.error(
                    "layer {}: read at {} of the data file failed: {}{}",
                    served.data().record().digest(),
                    asked.offset(),
                    reason,
                    unsaid == 0 ? "" : " (" + unsaid + " more failed before)"));
    asked.reply().fail(Errno.EIO);
  }
}
