package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.ChunkTable;
import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread's work on some runs of chunks: request their ranges, decode them as they stream by,
 * commit chunk after chunk. What others may ask and tell it meanwhile is thread-safe.
 *
 * <p>The bytes are copied three times on their way: by the kernel into the transport's buffers, by
 * the decompressor into its window, by the kernel into the page cache. None of these buffers is
 * larger for a larger range.
 */
final class RangeStream implements Runnable {
  private final FetchScheduler scheduler;
  private final FetchedLayer layer;
  private final Priority basePriority;
  private final List<ChunkRun> runs;

  /** The chunk at work; all before it are done with. */
  private volatile int position;

  /** Chunk after the last; moves towards the front when the rest is taken from this stream. */
  private volatile int end;

  /** Up to here somebody waits for the chunks. */
  private volatile int urgentUntil;

  private volatile long blobPosition;
  private volatile long waitingSince;
  private volatile boolean cancelled;
  private volatile boolean receiving;

  private @Nullable Thread opener;
  private @Nullable BlobRanges body;
  private @Nullable IOException killed;

  /**
   * Makes a stream.
   *
   * @param runs ascending, without overlap, at least one; of their chunks the missing ones are
   *     fetched
   */
  RangeStream(FetchScheduler scheduler, FetchedLayer layer, List<ChunkRun> runs, Priority base) {
    this.scheduler = scheduler;
    this.layer = layer;
    this.basePriority = base;
    this.runs = List.copyOf(runs);
    this.position = from();
    this.end = runs.getLast().to();
    this.urgentUntil = from();
    this.blobPosition = layer.chunks().blobOffset(from());
  }

  FetchedLayer layer() {
    return layer;
  }

  Priority basePriority() {
    return basePriority;
  }

  /** Returns the priority now: a stream is urgent while it carries a chunk somebody waits for. */
  Priority priority() {
    if (position < urgentUntil) {
      return Priority.ON_DEMAND;
    }
    return basePriority == Priority.ON_DEMAND ? Priority.PREFETCH : basePriority;
  }

  /** Returns what the stream was started for, whatever has become of that. */
  List<ChunkRun> runs() {
    return runs;
  }

  int from() {
    return runs.getFirst().from();
  }

  int position() {
    return position;
  }

  int end() {
    return end;
  }

  /** Returns the runs of chunks that the stream has not come to yet or is at work on. */
  List<ChunkRun> left() {
    return within(position, end);
  }

  /** Returns the runs of chunks that the stream was to bring and that were not taken from it. */
  List<ChunkRun> kept() {
    return within(0, end);
  }

  private List<ChunkRun> within(int first, int last) {
    var within = new ArrayList<ChunkRun>();
    for (ChunkRun run : runs) {
      int start = Math.max(run.from(), first);
      int stop = Math.min(run.to(), last);
      if (start < stop) {
        within.add(new ChunkRun(start, stop));
      }
    }
    return within;
  }

  long blobPosition() {
    return blobPosition;
  }

  /** Returns whether the stream will bring the chunk. */
  boolean carries(int chunk) {
    if (cancelled || chunk < position || end <= chunk) {
      return false;
    }
    int run = ChunkRun.firstBehind(runs, chunk);
    return run < runs.size() && runs.get(run).from() <= chunk;
  }

  /** Returns the end of what the stream brings without a gap from {@code chunk} on. */
  int carriedUpTo(int chunk) {
    int to = runs.get(ChunkRun.firstBehind(runs, chunk)).to();
    return Math.max(chunk + 1, Math.min(to, end));
  }

  /** Returns how many bytes of the blob the stream has yet to bring before {@code chunk}. */
  long bytesBefore(int chunk) {
    ChunkTable chunks = layer.chunks();
    long bytes = chunks.blobOffset(chunk) - blobPosition;
    List<ChunkRun> before = within(position, chunk + 1);
    for (int i = 1; i < before.size(); i++) {
      int gapFrom = before.get(i - 1).to() - 1;
      bytes -= chunks.blobOffset(before.get(i).from()) - chunks.blobEnd(gapFrom);
    }
    return bytes;
  }

  /** Somebody waits for the chunks before {@code chunk}. */
  void urge(int chunk) {
    if (chunk > urgentUntil) {
      urgentUntil = chunk;
    }
  }

  /** Takes the chunks from {@code chunk} on away from the stream. */
  void endBefore(int chunk) {
    end = Math.min(end, chunk);
  }

  /** Notes that the first byte has come. */
  void receives() {
    receiving = true;
    if (priority() == Priority.ON_DEMAND) {
      scheduler.receiving();
    }
  }

  /** Returns whether bytes come: the stream does not just wait for the first one. */
  boolean isReceiving() {
    return receiving;
  }

  boolean cancelled() {
    return cancelled;
  }

  /** Ends the stream as soon as it notices. */
  void cancel() {
    kill(new StreamEnded());
  }

  /** Fails the stream if it waits for bytes since before {@code since}. */
  void killIfSilentSince(long since, Supplier<IOException> reason) {
    long waiting = waitingSince;
    if (waiting != 0 && waiting - since < 0) {
      kill(reason.get());
    }
  }

  private synchronized void kill(IOException reason) {
    cancelled = true;
    if (killed == null) {
      killed = reason;
    }
    if (body != null) {
      body.close();
    }
    if (opener != null) {
      opener.interrupt();
    }
  }

  @Override
  public void run() {
    Throwable failure = null;
    try {
      fetch(missing());
    } catch (Throwable e) { // The top of the thread: nothing may be lost but the stream.
      failure = reason(e);
      if (!(e instanceof IOException)) {
        scheduler.unexpected("lazuli-fetch", e);
      }
    } finally {
      scheduler.ended(this, failure);
    }
  }

  /** Returns why the stream failed, which is not what closing it has caused; null if it did not. */
  synchronized @Nullable Throwable reason(Throwable e) {
    Throwable reason = killed != null ? killed : e;
    return reason instanceof StreamEnded ? null : reason;
  }

  /** Returns the chunks that have to be fetched, having taken from this disk what is on it. */
  private int[] missing() throws IOException {
    int[] wanted = new int[64];
    int count = 0;
    for (ChunkRun run : runs) {
      for (int c = nextMissing(run, run.from()); c >= 0; c = nextMissing(run, c + 1)) {
        if (layer.data().reuse(c)) {
          scheduler.listener().chunkReused(layer.name(), c, layer.chunks().size(c));
          scheduler.arrived(layer, c);
          continue;
        }
        if (count == wanted.length) {
          wanted = Arrays.copyOf(wanted, 2 * count);
        }
        wanted[count++] = c;
      }
    }
    return Arrays.copyOf(wanted, count);
  }

  private int nextMissing(ChunkRun run, int chunk) {
    int stop = Math.min(run.to(), end);
    return cancelled || chunk >= stop ? -1 : layer.data().nextMissing(chunk, stop);
  }

  private void fetch(int[] wanted) throws IOException {
    List<int[]> parts = RangeRequest.split(layer.chunks(), wanted, layer.link().unit());
    int most = layer.rangesAtOnce();
    for (int at = 0; at < parts.size(); at += most) {
      List<int[]> together = parts.subList(at, Math.min(parts.size(), at + most));
      new RangeRequest(scheduler, this, together).run();
    }
  }

  /** Opens ranges so that {@link #kill} can end both the opening and their bodies. */
  BlobRanges open(List<ByteRange> ranges) throws IOException {
    BlobRanges opened = opening(() -> layer.source().open(ranges));
    synchronized (this) {
      body = opened;
      if (killed != null) {
        opened.close();
      }
    }
    return opened;
  }

  /** Goes to the next of the ranges, which there must be. */
  BlobStream next(BlobRanges ranges) throws IOException {
    BlobStream next = opening(ranges::next);
    if (next == null) {
      throw new IOException("layer " + layer.name() + ": a range was left out");
    }
    return next;
  }

  /** What may wait for the network until it has opened something. */
  @FunctionalInterface
  private interface Opening<T extends @Nullable Object> {
    T open() throws IOException;
  }

  private <T extends @Nullable Object> T opening(Opening<T> what) throws IOException {
    synchronized (this) {
      if (killed != null) {
        throw killed;
      }
      opener = Thread.currentThread();
    }
    waiting(true);
    try {
      return what.open();
    } finally {
      waiting(false);
      endOpening();
    }
  }

  private synchronized void endOpening() {
    opener = null;
    Thread.interrupted(); // One that came from kill; it must not reach the files.
  }

  synchronized void bodyClosed() {
    body = null;
  }

  void waiting(boolean now) {
    waitingSince = now ? System.nanoTime() | 1 : 0;
  }

  void atBlob(long offset) {
    blobPosition = offset;
  }

  /** Notes that all chunks before {@code chunk} are done with. */
  void advance(int chunk) {
    position = chunk;
  }

  /** Returns whether only chunks nobody waits for are left, and a reader lacks a permit. */
  boolean superfluous() {
    return basePriority == Priority.ON_DEMAND
        && position >= urgentUntil
        && scheduler.permitsWanted();
  }

  /** Throws if the stream has nothing more to do at {@code chunk}. */
  void check(int chunk) throws StreamEnded {
    if (cancelled
        || chunk >= end
        || (chunk >= urgentUntil && (scheduler.permitsWanted() || crowds()))) {
      throw new StreamEnded();
    }
  }

  /** Returns whether what nobody waits for would take the room of what somebody has read. */
  private boolean crowds() {
    return basePriority != Priority.ON_DEMAND && !layer.data().hasRoom();
  }
}
