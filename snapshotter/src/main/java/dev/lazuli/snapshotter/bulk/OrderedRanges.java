package dev.lazuli.snapshotter.bulk;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A blob from its first byte to its last, read in several ranges at once. The range whose turn it
 * is comes straight from the transport; those after it are read into blocks, as far as the node's
 * budget has some left. Where it has none, one range comes after the other.
 *
 * <p>Read by one thread; {@link #cancel} may come from any.
 */
final class OrderedRanges implements BlobStream {
  private static final Logger log = LoggerFactory.getLogger(OrderedRanges.class);

  /** 8 MiB: what is asked for at once where there is no block for what follows. */
  private static final long ALONE_BYTES = 8L << 20;

  /** For hosts that send the blob from its first byte on, whatever range is asked for. */
  static final int IN_ONE = 0;

  private final BlobSource blob;
  private final long size;
  private final BlockBudget budget;
  private final int most;
  private final ThreadFactory threads;
  private final Deque<RangeFill> ahead = new ConcurrentLinkedDeque<>();

  /** First byte that no range was begun for. */
  private long next;

  /** The range that is read without a block, if it is its turn. */
  private @Nullable RangeTries direct;

  /** The bytes of the first range in a block that were taken. */
  private int taken;

  private volatile @Nullable BlobStream directStream;
  private volatile boolean cancelled;

  /**
   * Makes a stream; nothing is asked for before the first piece.
   *
   * @param most ranges at the same time; {@link #IN_ONE} for the whole blob by one request
   */
  OrderedRanges(BlobSource blob, long size, BlockBudget budget, int most) {
    this(blob, size, budget, most, Thread.ofVirtual().name("bulk-range").factory());
  }

  /** As above, with threads of the caller's choice. */
  OrderedRanges(BlobSource blob, long size, BlockBudget budget, int most, ThreadFactory threads) {
    this.threads = threads;
    this.blob = blob;
    this.size = size;
    this.budget = budget;
    this.most = most;
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    while (true) {
      if (cancelled) {
        throw new GivenUpException();
      }
      var piece = piece();
      if (piece != null) {
        return piece;
      }
      if (direct == null && ahead.isEmpty() && next == size) {
        return null;
      }
    }
  }

  /** Returns the next piece; null if a range has ended, or none was begun. */
  private @Nullable ByteBuffer piece() throws IOException {
    if (direct == null && ahead.isEmpty() && next < size) {
      beginAlone();
    }
    fillAhead();
    var alone = direct;
    if (alone != null) {
      var piece = alone.next();
      if (piece == null) {
        directStream = null;
        direct = null;
      }
      return piece;
    }
    var first = ahead.peek();
    return first == null ? null : piece(first);
  }

  private @Nullable ByteBuffer piece(RangeFill first) throws IOException {
    if (taken == first.length()) {
      ahead.remove();
      first.close();
      taken = 0;
      return null;
    }
    var piece = first.await(taken);
    taken += piece.remaining();
    return piece;
  }

  /** The first range is short where others can be read beside it. */
  private void beginAlone() {
    boolean isAlone = most == 1 || !budget.hasSome();
    long usual = Math.min(isAlone ? ALONE_BYTES : BlockBudget.BLOCK_BYTES, size - next);
    long length = most == IN_ONE ? size - next : usual;
    direct = new RangeTries(blob, next, next + length, this::noteDirect, () -> cancelled);
    next += length;
  }

  private void noteDirect(BlobStream opened) {
    directStream = opened;
    if (cancelled) {
      opened.close();
    }
  }

  private void fillAhead() {
    while (next < size && ahead.size() + (direct == null ? 0 : 1) < most) {
      var block = budget.tryTake();
      if (block.isEmpty()) {
        return;
      }
      int length = (int) Math.min(BlockBudget.BLOCK_BYTES, size - next);
      var fill = new RangeFill(blob, budget, block.get(), next, length);
      if (!isStarted(fill)) {
        budget.giveBack(block.get());
        return;
      }
      next += length;
      ahead.add(fill);
      if (cancelled) {
        fill.abort();
      }
    }
  }

  /** A node without a thread to spare reads one range after the other, as without memory. */
  private boolean isStarted(RangeFill fill) {
    try {
      threads.newThread(fill::run).start();
      return true;
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      log.debug("no thread for a range: {}", e.toString());
      return false;
    }
  }

  /** Makes the reader fail, also one that waits. */
  void cancel() {
    cancelled = true;
    var open = directStream;
    if (open != null) {
      open.close();
    }
    ahead.forEach(RangeFill::abort);
  }

  @Override
  public void close() {
    var alone = direct;
    direct = null;
    if (alone != null) {
      alone.close();
    }
    ahead.forEach(RangeFill::close);
    ahead.clear();
  }
}
