package dev.lazuli.snapshotter.bulk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The memory for bytes that came before their turn, in blocks of one size, for all pulls of the
 * node. Nobody waits for a block: a pull that gets none reads one range after the other. Blocks are
 * kept for the next taker until {@link #rest}. Thread-safe.
 */
final class BlockBudget {
  /** 1 MiB: a request for less would cost more in round trips than it brings. */
  static final int BLOCK_BYTES = 1 << 20;

  /** One block, off the heap. Whoever took it gives it back once. */
  static final class Block {
    private final Arena arena = Arena.ofShared();
    private final ByteBuffer bytes = arena.allocate(BLOCK_BYTES).asByteBuffer();

    /** Returns all of the block; positions and limits are the caller's own. */
    ByteBuffer bytes() {
      return bytes.duplicate();
    }
  }

  private final int most;

  @GuardedBy("this")
  private final Deque<Block> idle = new ArrayDeque<>();

  @GuardedBy("this")
  private int taken;

  BlockBudget(long bytes) {
    most = (int) Math.min(Integer.MAX_VALUE, bytes / BLOCK_BYTES);
  }

  /** Returns a block if there is one left. */
  synchronized Optional<Block> tryTake() {
    if (taken == most) {
      return Optional.empty();
    }
    var kept = idle.poll();
    var block = kept == null ? new Block() : kept;
    taken++; // Not before, for there may be no memory for a block.
    return Optional.of(block);
  }

  synchronized void giveBack(Block block) {
    taken--;
    idle.push(block);
  }

  /** Frees what nobody has taken. */
  synchronized void rest() {
    for (Block block; (block = idle.poll()) != null; ) {
      block.arena.close();
    }
  }

  synchronized boolean hasSome() {
    return taken < most;
  }

  synchronized int taken() {
    return taken;
  }
}
