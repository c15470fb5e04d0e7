package dev.lazuli.snapshotter.layers;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.fuse.BlobHandler;
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
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the kernel's reads of data files: from the cache where the bytes are there, else once the
 * scheduler has brought them. Never waits itself. Safe for use by several threads.
 */
final class ServedLayers implements BlobHandler, TreeProvider {
  private static final Logger log = LoggerFactory.getLogger(ServedLayers.class);

  /** How often one read is fetched before it fails because its bytes are evicted each time. */
  private static final int MOST_ROUNDS = 10;

  private record Served(LayerData data, ErofsImage image, LayerFetch fetch) {}

  private final ConcurrentHashMap<Long, Served> bySlot = new ConcurrentHashMap<>();
  private volatile long lastMissNanos = System.nanoTime();
  private volatile boolean suspended;
  private volatile @Nullable FuseSession session;

  /** Takes the session that asks from now on. */
  void servedBy(FuseSession session) {
    this.session = session;
  }

  /** Starts to answer for a layer; all three stay open until {@link #remove}. */
  void add(LayerData data, ErofsImage image, LayerFetch fetch) {
    bySlot.put(data.slot(), new Served(data, image, fetch));
  }

  /** Returns the time since any layer's content was last missed by a reader. */
  Duration quietTime() {
    return Duration.ofNanos(System.nanoTime() - lastMissNanos);
  }

  /**
   * Answers nothing any more, neither with content nor with errors: the process that takes the
   * session over will be asked again.
   */
  void suspend() {
    suspended = true;
  }

  /**
   * Ends answering: no read of the layer waits any more or will, so that its mounts can be taken
   * away. {@link #removed} must follow, once they are.
   */
  void remove(long slot) {
    bySlot.remove(slot);
    var asking = session;
    if (asking != null) {
      asking.failReads(slot);
    }
  }

  /** Forgets a layer that was removed; whoever still reads it gets errors all the same. */
  void removed(long slot) {
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
    if (served == null) {
      reply.fail(Errno.EIO);
      return;
    }
    var data = served.data();
    int missing = data.firstMissing(offset, length);
    if (missing < 0) {
      reply.send((destination, at) -> read(served, at, destination));
      return;
    }
    lastMissNanos = System.nanoTime();
    var _ =
        demand(served, missing, offset + length)
            .whenComplete((_, failure) -> answer(served, offset, reply, failure));
  }

  private static CompletableFuture<Void> demand(Served served, int missing, long end) {
    return served.fetch().demand(missing, served.data().chunks().firstStartingFrom(end));
  }

  private void answer(Served served, long offset, ReadReply reply, @Nullable Throwable failure) {
    if (suspended) {
      return;
    }
    if (failure == null) {
      reply.send((destination, at) -> read(served, at, destination));
      return;
    }
    log.error(
        "layer {}: read at {} of the data file failed: {}",
        served.data().record().digest(),
        offset,
        failure.getMessage());
    reply.fail(Errno.EIO);
  }

  /**
   * Reads what was there a moment ago. Only eviction can have taken it away since, which a cache
   * much too small for what is read at once does; then, and only then, this waits until it was
   * fetched again, on whichever thread answers.
   */
  private static void read(Served served, long offset, MemorySegment destination)
      throws IOException {
    for (int round = 1; ; round++) {
      try {
        served.data().read(offset, destination);
        return;
      } catch (ChunkMissingException e) {
        if (round == MOST_ROUNDS) {
          throw e;
        }
        fetchAgain(served, offset, destination.byteSize());
      }
    }
  }

  private static void fetchAgain(Served served, long offset, long length) throws IOException {
    int missing = served.data().firstMissing(offset, length);
    if (missing < 0) {
      return;
    }
    try {
      demand(served, missing, offset + length).join();
    } catch (CompletionException | CancellationException e) {
      throw new IOException(e.getCause() == null ? e.toString() : e.getCause().getMessage(), e);
    }
  }
}
