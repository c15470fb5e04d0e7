package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One thread's work on a run of chunks: open a range, decode it as it streams by, commit chunk
 * after chunk. What others may ask and tell it meanwhile is thread-safe.
 *
 * <p>The bytes are copied three times on their way: by the kernel into the transport's buffers, by
 * the decompressor into its window, by the kernel into the page cache. None of these buffers is
 * larger for a larger range.
 */
final class RangeStream implements Runnable {
  private final FetchScheduler scheduler;
  private final FetchedLayer layer;
  private final Priority basePriority;
  private final int from;
  private final int plannedEnd;

  /** The chunk at work; all before it are done with. */
  private volatile int position;

  /** Chunk after the last; moves towards the front when the rest is taken from this stream. */
  private volatile int end;

  /** Up to here somebody waits for the chunks. */
  private volatile int urgentUntil;

  private volatile long blobPosition;
  private volatile long waitingSince;
  private volatile boolean cancelled;

  private @Nullable Thread opener;
  private @Nullable BlobStream body;
  private @Nullable IOException killed;

  RangeStream(FetchScheduler scheduler, FetchedLayer layer, RangePlanner.Plan plan, Priority base) {
    this.scheduler = scheduler;
    this.layer = layer;
    this.basePriority = base;
    this.from = plan.from();
    this.position = plan.from();
    this.end = plan.to();
    this.plannedEnd = plan.to();
    this.urgentUntil = plan.from();
    this.blobPosition = layer.chunks().blobOffset(plan.from());
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

  int from() {
    return from;
  }

  int position() {
    return position;
  }

  int end() {
    return end;
  }

  long blobPosition() {
    return blobPosition;
  }

  /** Returns the chunk after the last that the stream was started for. */
  int plannedEnd() {
    return plannedEnd;
  }

  /** Returns whether the stream will bring the chunk. */
  boolean carries(int chunk) {
    return !cancelled && position <= chunk && chunk < end;
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

  boolean cancelled() {
    return cancelled;
  }

  /** Ends the stream as soon as it notices. */
  void cancel() {
    kill(new StreamEnded());
  }

  /** Fails the stream if it waits for bytes since before {@code since}. */
  void killIfSilentSince(long since, IOException reason) {
    long waiting = waitingSince;
    if (waiting != 0 && waiting - since < 0) {
      kill(reason);
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
    } finally {
      scheduler.ended(this, failure);
    }
  }

  /** Returns why the stream failed, which is not what closing it has caused; null if it did not. */
  private synchronized @Nullable Throwable reason(Throwable e) {
    Throwable reason = killed != null ? killed : e;
    return reason instanceof StreamEnded ? null : reason;
  }

  /** Returns the chunks that have to be fetched, having taken from this disk what is on it. */
  private int[] missing() throws IOException {
    int[] wanted = new int[Math.min(end - from, 64)];
    int count = 0;
    for (int c = nextMissing(from); c >= 0; c = nextMissing(c + 1)) {
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
    return Arrays.copyOf(wanted, count);
  }

  private int nextMissing(int chunk) {
    return cancelled ? -1 : layer.data().nextMissing(chunk, end);
  }

  private void fetch(int[] wanted) throws IOException {
    int start = 0;
    for (int i = 1; i <= wanted.length; i++) {
      if (i == wanted.length || !layer.adjacent(wanted[i - 1], wanted[i])) {
        fetchRange(Arrays.copyOfRange(wanted, start, i));
        start = i;
      }
    }
  }

  private void fetchRange(int[] wanted) throws IOException {
    advance(wanted[0]);
    long offset = layer.chunks().blobOffset(wanted[0]);
    long length = blobEnd(wanted) - offset;
    FetchListener listener = scheduler.listener();
    listener.rangeOpened(layer.name(), offset, length, priority());
    long opened = System.nanoTime();
    var paced = new PacedStream(scheduler, this, offset);
    try (paced) {
      paced.open(length);
      var sink = new StreamSink(scheduler, this);
      scheduler.decoder().decode(layer.compression(), paced, offset, layer.view(), wanted, sink);
      advance(wanted[wanted.length - 1] + 1);
      listener.rangeDone(
          layer.name(), offset, paced.bytes(), System.nanoTime() - opened, basePriority);
    } catch (IOException e) {
      if (e instanceof DigestMismatchException || e instanceof LayerFormatException) {
        layer.source().wrongBytes(offset, length);
      }
      if (reason(e) instanceof IOException failure) {
        listener.rangeFailed(layer.name(), offset, paced.bytes(), failure);
      } else {
        listener.rangeDone(
            layer.name(), offset, paced.bytes(), System.nanoTime() - opened, basePriority);
      }
      throw e;
    }
  }

  private long blobEnd(int[] wanted) {
    long blobEnd = 0;
    for (int chunk : wanted) {
      blobEnd = Math.max(blobEnd, layer.chunks().blobEnd(chunk));
    }
    return blobEnd;
  }

  /** Opens the body so that {@link #kill} can end both the opening and the body. */
  BlobStream open(long offset, long length) throws IOException {
    synchronized (this) {
      if (killed != null) {
        throw killed;
      }
      opener = Thread.currentThread();
    }
    waitingSince = System.nanoTime() | 1;
    BlobStream opened = null;
    try {
      opened = layer.source().open(offset, length);
      return opened;
    } finally {
      waitingSince = 0;
      opened(opened);
    }
  }

  private synchronized void opened(@Nullable BlobStream stream) {
    opener = null;
    Thread.interrupted(); // One that came from kill; it must not reach the files.
    body = stream;
    if (killed != null && stream != null) {
      stream.close();
    }
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

  /** Returns whether what nobody waits for would drive out what somebody has read. */
  private boolean crowds() {
    return basePriority == Priority.BACKGROUND && !layer.data().hasRoom();
  }
}
