package dev.lazuli.registry.http;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The memory of the node for documents that are read whole: manifests, configurations, tokens.
 * Whoever finds too little left waits, so that many pulls of images with huge documents take no
 * more heap than a few. One server gets at most half, and small documents have a part of their own:
 * a server that sends large ones slowly holds up neither others nor requests for tokens. Safe for
 * any thread.
 */
public final class DocumentBudget {
  private static final int KIB = 1 << 10;

  /** 64 KiB: most manifests and all tokens are less. */
  private static final int SMALL_BYTES = 64 * KIB;

  /** 12 MiB of a daemon's heap of 64 MiB: three documents of the largest size at once. */
  private static final int LARGE_PART_BYTES = 12 * KIB * KIB;

  /** 4 MiB: 64 documents at once, if none says how long it is. */
  private static final int SMALL_PART_BYTES = 4 * KIB * KIB;

  private final Part large;
  private final Part small;

  private final Duration time;

  /**
   * Makes a budget.
   *
   * @param patience how long its users wait for their share at most
   * @param time how long a document may take, since it holds memory that others wait for
   */
  public DocumentBudget(Duration patience, Duration time) {
    this.time = time;
    large = new Part(LARGE_PART_BYTES, patience);
    small = new Part(SMALL_PART_BYTES, patience);
  }

  /** A share of the budget, given back by closing it. */
  interface Share extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes a share.
   *
   * @param server who sends the document
   * @param bytes how much; what is more than one server gets counts as all of that
   * @throws IOException if others hold too much of it for too long
   */
  Share take(String server, long bytes) throws IOException {
    var part = bytes <= SMALL_BYTES ? small : large;
    int counted = (int) Math.min(bytes, part.bytes / 2);
    try {
      part.take(server, counted);
    } catch (InterruptedException e) {
      throw Abort.interrupted();
    }
    return () -> part.giveBack(server, counted);
  }

  /**
   * Looks at a document that is still coming.
   *
   * @throws IOException if it takes too long
   */
  void checkTime(int bytes, long nanos) throws IOException {
    if (nanos > time.toNanos()) {
      throw new IOException(
          "too slow: %d bytes of a document in %d s".formatted(bytes, time.toSeconds()));
    }
  }

  /** Who waits, oldest first; one whose server has enough is passed over. */
  private static final class Part {
    private record Wish(String server, int bytes) {}

    final int bytes;
    private final Duration patience;

    @GuardedBy("this")
    private final Map<String, Integer> held = new HashMap<>();

    @GuardedBy("this")
    private final Deque<Wish> waiting = new ArrayDeque<>();

    @GuardedBy("this")
    private int left;

    Part(int bytes, Duration patience) {
      this.bytes = bytes;
      this.patience = patience;
      this.left = bytes;
    }

    @SuppressWarnings("ReferenceEquality") // Two may wish for the same.
    synchronized void take(String server, int wanted) throws IOException, InterruptedException {
      var wish = new Wish(server, wanted);
      waiting.add(wish);
      try {
        long deadline = System.nanoTime() + patience.toNanos();
        while (next() != wish) {
          long nanos = deadline - System.nanoTime();
          if (nanos <= 0) {
            throw new IOException("too many large documents are being read at once");
          }
          TimeUnit.NANOSECONDS.timedWait(this, Math.max(nanos, 1_000_000));
        }
        left -= wanted;
        held.merge(server, wanted, Integer::sum);
      } finally {
        waiting.removeIf(other -> other == wish);
        notifyAll();
      }
    }

    /** Returns who is to get a share now, null for none. */
    @GuardedBy("this")
    private @Nullable Wish next() {
      for (Wish wish : waiting) {
        if (held.getOrDefault(wish.server, 0) + wish.bytes <= bytes / 2) {
          return wish.bytes <= left ? wish : null;
        }
      }
      return null;
    }

    synchronized void giveBack(String server, int given) {
      left += given;
      held.computeIfPresent(server, (_, all) -> all == given ? null : all - given);
      notifyAll();
    }
  }
}
