package dev.lazuli.estargz.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * Finds out where in a blob decompression can start, while somebody decompresses it: at the begin
 * of a stream, and in gzip members at the first block that begins so many bytes of output behind
 * the last such place. Whoever decompresses says what goes in and what comes out.
 *
 * <p>Memory is some 250 KiB, and 36 KiB for each checkpoint that waits to be complete, {@value
 * #MOST_WAITING} at most. For one thread.
 */
public final class CheckpointFinder implements DeflateScanner.BlockListener {
  /** Few wait but where much comes out of little. Others are then left out. */
  private static final int MOST_WAITING = 16;

  private static final int LEVEL = 6;

  /** 128 KiB: a start that costs no more than its number is worth this. */
  private static final int STREAM_SPACING = 128 << 10;

  private static final byte[] NO_WINDOW = {};

  private final long spacing;
  private final Consumer<Checkpoint> found;
  private final CheckpointSink sink;
  private final DeflateScanner scanner = new DeflateScanner(this);
  private final RecentOutput recent = new RecentOutput();

  /** Ascending: first those whose output has come, then those whose has not. */
  private final Deque<Waiting> waiting = new ArrayDeque<>();

  /** Where output is now, and where that of the member began, both in the tar. */
  private long tarOffset;

  private long memberTarOffset;

  /** Where the last start is in the tar; far before its begin if there is none. */
  private long last = Long.MIN_VALUE / 2;

  private static final class Waiting {
    final Checkpoint checkpoint;
    final long out;
    final ReferredBytes referred = new ReferredBytes();
    byte @Nullable [] window;

    Waiting(Checkpoint checkpoint, long out) {
      this.checkpoint = checkpoint;
      this.out = out;
    }
  }

  /**
   * Makes a finder for one blob.
   *
   * @param spacing bytes of output from a start to a checkpoint at least, 64 KiB or more; {@link
   *     Long#MAX_VALUE} for no checkpoints
   * @param found is told of a start before output that follows it is used
   * @param sink takes it later, once it is known which bytes before it are referred to
   */
  public CheckpointFinder(long spacing, Consumer<Checkpoint> found, CheckpointSink sink) {
    if (spacing < 2 * ReferredBytes.WINDOW_BYTES) {
      throw new IllegalArgumentException("spacing of " + spacing + " bytes");
    }
    this.spacing = spacing;
    this.found = found;
    this.sink = sink;
  }

  /**
   * Says that a stream begins, of which it takes no notice if another start is near.
   *
   * @param blobOffset of its first byte
   * @param tarOffset of the first byte that comes out of it
   * @throws IOException if the sink fails
   */
  public void streamBegins(long blobOffset, long tarOffset) throws IOException {
    if (tarOffset - last >= STREAM_SPACING) {
      var start = new Checkpoint(blobOffset, StreamStarts.STREAM, tarOffset);
      last = tarOffset;
      found.accept(start);
      sink.checkpoint(start, NO_WINDOW);
    }
  }

  /**
   * Says that a gzip member begins, and its compressed data come next.
   *
   * @param blobOffset of its header
   * @throws IOException if the sink fails
   */
  public void memberBegins(long blobOffset) throws IOException {
    streamBegins(blobOffset, tarOffset);
    scanner.begin();
    recent.begin(tarOffset);
    memberTarOffset = tarOffset;
  }

  /**
   * Says what goes in.
   *
   * @param offset its place in the blob
   */
  public void input(ByteBuffer piece, long offset) {
    if (spacing < Long.MAX_VALUE) {
      scanner.scan(piece.duplicate(), offset);
    }
  }

  @Override
  public void block(long bit, long out) {
    long place = memberTarOffset + out;
    boolean isFirst = out == 0;
    boolean isDue = place - newest() >= spacing;
    if (isFirst || !isDue || waiting.size() >= MOST_WAITING) {
      return;
    }
    if (place < tarOffset && !recent.has(place, memberTarOffset)) {
      return;
    }
    var checkpoint = new Checkpoint(bit / Byte.SIZE, (int) (bit % Byte.SIZE), place);
    var next = new Waiting(checkpoint, out);
    waiting.add(next);
    scanner.watch(next.referred);
    takeWindows();
  }

  private long newest() {
    var newest = waiting.peekLast();
    return newest == null ? last : newest.checkpoint.tarOffset();
  }

  /**
   * Says what came out, before it is used.
   *
   * @param bytes at most 64 KiB
   * @throws IOException if the sink fails
   */
  public void output(ByteBuffer bytes) throws IOException {
    tarOffset += bytes.remaining();
    if (tarOffset > nextPlace() - 2 * ReferredBytes.WINDOW_BYTES) {
      recent.add(bytes);
    } else {
      recent.begin(tarOffset);
    }
    settle();
  }

  /** Returns the place of the next checkpoint, or one before it. */
  private long nextPlace() {
    for (var next : waiting) {
      if (next.window == null) {
        return next.checkpoint.tarOffset();
      }
    }
    return spacing < Long.MAX_VALUE ? newest() + spacing : spacing;
  }

  /**
   * Says that a member's data are at their end.
   *
   * @throws IOException if the sink fails
   */
  public void memberEnds() throws IOException {
    settle();
    boolean known = scanner.hasEnded();
    for (Waiting next; (next = waiting.poll()) != null; ) {
      if (!known) {
        next.referred.noteAll();
      }
      hand(next);
    }
  }

  private void takeWindows() {
    for (var next : waiting) {
      var checkpoint = next.checkpoint;
      if (next.window == null && checkpoint.tarOffset() <= tarOffset) {
        next.window = recent.before(checkpoint.tarOffset(), memberTarOffset);
        last = checkpoint.tarOffset();
        found.accept(checkpoint);
      }
    }
  }

  private void settle() throws IOException {
    takeWindows();
    for (var next = waiting.peek(); next != null && isComplete(next); next = waiting.peek()) {
      hand(waiting.remove());
    }
  }

  private boolean isComplete(Waiting next) {
    return next.window != null && scanner.out() >= next.out + ReferredBytes.WINDOW_BYTES;
  }

  private void hand(Waiting complete) throws IOException {
    byte[] window = complete.window;
    if (window != null) {
      complete.referred.clearOthers(window);
      sink.checkpoint(complete.checkpoint, deflated(window));
    }
  }

  private static byte[] deflated(byte[] window) {
    try (var deflater = new Deflater(LEVEL, /* nowrap= */ true)) {
      deflater.setInput(window);
      deflater.finish();
      byte[] into = new byte[window.length + 64];
      int count = deflater.deflate(into);
      return Arrays.copyOf(into, count);
    }
  }
}
