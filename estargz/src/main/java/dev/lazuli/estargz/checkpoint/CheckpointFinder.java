package dev.lazuli.estargz.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finds out where in a blob decompression can start, while somebody decompresses it: at the start
 * of a stream, and in gzip members at a block that begins so many bytes of output behind the last
 * such place. Whoever decompresses says what goes in and what comes out.
 *
 * <p>The decompressor does not say where blocks begin, and reading all data a second time would
 * double the work. So where a checkpoint is due, and only there, this searches the data for a bit
 * that looks like the start of a block. Where in the output that is follows from the next moment at
 * which all that went in has come out.
 *
 * <p>Memory is some 430 KiB, or next to none for blobs that are smaller than the spacing. For one
 * thread.
 */
public final class CheckpointFinder {
  /** 128 KiB: a start that costs no more than its number is worth this. */
  private static final int STREAM_SPACING = 128 << 10;

  /** 64 KiB: what goes in at once, so that a search begins near the place where it is due. */
  private static final int PORTION_BYTES = 64 << 10;

  /** 64 KiB: what should come out of a portion while a checkpoint is looked for. */
  private static final int PORTION_OUT_BYTES = 64 << 10;

  private static final int LEAST_PORTION_BYTES = 64;

  /** 256 KiB: most blocks take a tenth of it. Data that have none are not searched to their end. */
  private static final int MOST_SEARCHED_BYTES = 256 << 10;

  /** After that many searches in vain, the next one is due after that many times the spacing. */
  private static final int MOST_SPACINGS = 64;

  private static final int WINDOW_BYTES = ReferredBytes.WINDOW_BYTES;
  private static final byte[] NO_WINDOW = {};

  private final long spacing;
  private final CheckpointSink sink;

  /** What a search works with; made for the first one. */
  private @Nullable Tools tools;

  /** Where output is now, and where that of the member began, both in the tar. */
  private long tarOffset;

  private long memberTarOffset;

  /** Where the last start is in the tar; far before its begin if there is none. */
  private long last = Long.MIN_VALUE / 2;

  /** Where in the tar a checkpoint is looked for. */
  private long due;

  private boolean isTrying;

  private int searched;
  private int spacings = 1;

  /** The last portion, and where output was before it. */
  private int portionBytes = PORTION_BYTES;

  private long portionTarOffset;

  private record Tools(BlockSearch search, CheckpointTrial trial, RecentOutput recent) {}

  /**
   * Makes a finder for one blob.
   *
   * @param spacing bytes of output from a start to a checkpoint at least, 64 KiB or more; {@link
   *     Long#MAX_VALUE} for no checkpoints
   * @param sink takes each start once it is known to be one: that of a stream before what comes out
   *     of it is used, a checkpoint a block or two late
   */
  public CheckpointFinder(long spacing, CheckpointSink sink) {
    if (spacing < 2 * WINDOW_BYTES) {
      throw new IllegalArgumentException("spacing of " + spacing + " bytes");
    }
    this.spacing = spacing;
    this.sink = sink;
    due = spacing;
  }

  /**
   * Says that a stream begins, of which it takes no notice if another start is near.
   *
   * @param blobOffset of its first byte
   * @param newTarOffset of the first byte that comes out of it
   * @throws IOException if the sink fails
   */
  public void streamBegins(long blobOffset, long newTarOffset) throws IOException {
    if (newTarOffset - last >= STREAM_SPACING) {
      hand(new Checkpoint(blobOffset, StreamStarts.STREAM, newTarOffset), NO_WINDOW);
    }
  }

  private void hand(Checkpoint start, byte[] window) throws IOException {
    last = start.tarOffset();
    next(last);
    spacings = 1;
    sink.checkpoint(start, window);
  }

  /** Begins to wait for the place at which the next checkpoint is due. */
  private void next(long from) {
    long wait = spacing == Long.MAX_VALUE ? spacing : spacings * spacing;
    due = wait > Long.MAX_VALUE - from ? Long.MAX_VALUE : from + wait;
    isTrying = false;
    searched = 0;
  }

  /**
   * Says that a gzip member begins, and its compressed data come next.
   *
   * @param blobOffset of its header
   * @throws IOException if the sink fails
   */
  public void memberBegins(long blobOffset) throws IOException {
    streamBegins(blobOffset, tarOffset);
    memberTarOffset = tarOffset;
    portionTarOffset = tarOffset;
    portionBytes = PORTION_BYTES;
    if (tools != null) {
      tools.recent.begin(tarOffset);
    }
  }

  /** Returns how many bytes the next input may have at most. */
  public int portion() {
    if (tarOffset < due) {
      return PORTION_BYTES;
    }
    long ratio = 1 + (tarOffset - portionTarOffset) / portionBytes;
    return Math.clamp(PORTION_OUT_BYTES / ratio, LEAST_PORTION_BYTES, BlockSearch.MOST_BYTES);
  }

  /**
   * Says what goes in, when all has come out that can come out of what went in before.
   *
   * @param data at least one byte, at most as many as {@link #portion} said; left as they are
   * @param offset their place in the blob
   * @throws IOException if the sink fails
   */
  public void input(ByteBuffer data, long offset) throws IOException {
    if (tarOffset >= due) {
      look(data, offset);
    }
    portionBytes = data.remaining();
    portionTarOffset = tarOffset;
  }

  private void look(ByteBuffer data, long offset) throws IOException {
    if (data.remaining() > BlockSearch.MOST_BYTES) {
      throw new IllegalArgumentException(data.remaining() + " bytes at once");
    }
    var with = tools(tarOffset);
    settle(with);
    if (isTrying) {
      isTrying = with.trial.add(data);
    } else if (tarOffset >= due && searched < MOST_SEARCHED_BYTES) {
      searched += data.remaining();
      isTrying = with.search.find(data, offset, with.trial);
    } else if (tarOffset >= due) {
      spacings = Math.min(2 * spacings, MOST_SPACINGS);
      next(tarOffset);
    }
  }

  /** Returns the tools. New ones know output from a place on. */
  private Tools tools(long from) {
    var made = tools;
    if (made == null) {
      made = new Tools(new BlockSearch(), new CheckpointTrial(), new RecentOutput());
      made.recent.begin(from);
      tools = made;
    }
    return made;
  }

  /** Ends the trial if it can be ended. All has come out that can come out of what went in. */
  private void settle(Tools with) throws IOException {
    var trial = with.trial;
    isTrying = isTrying && trial.compare(tarOffset, memberTarOffset, due, with.recent);
    if (isTrying && trial.isComplete()) {
      isTrying = false;
      if (trial.isRight()) {
        hand(trial.checkpoint(), trial.deflatedWindow());
      }
    }
  }

  /**
   * Says what came out, before it is used.
   *
   * @param bytes at most 64 KiB
   */
  public void output(ByteBuffer bytes) {
    long before = tarOffset;
    tarOffset += bytes.remaining();
    if (tarOffset > due - 2 * WINDOW_BYTES) {
      tools(before).recent.add(bytes);
    } else if (tools != null) {
      tools.recent.begin(tarOffset);
    }
  }

  /**
   * Says that a member's data are at their end.
   *
   * @throws IOException if the sink fails
   */
  public void memberEnds() throws IOException {
    if (isTrying) {
      settle(tools(tarOffset));
    }
    isTrying = false;
  }
}
