package dev.lazuli.snapshotter.fetch.plan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the scheduler knows of one stream: which chunks it brings, how far it is, for whom. Guarded
 * by the scheduler's lock, except what says otherwise.
 */
public final class Flight {
  private final LayerChunks chunks;
  private final Priority basePriority;
  private final List<ChunkRun> runs;
  private final Meter meter;

  /** The chunk at work; all before it are done with. */
  private int position;

  /** Chunk after the last; moves towards the front when the rest is taken from this stream. */
  private volatile int end;

  /** Up to here somebody waits for the chunks. */
  private int urgentUntil;

  private boolean receiving;
  private volatile Priority priority;
  private volatile boolean unwanted;
  private volatile @Nullable IOException endReason;

  /**
   * Makes the flight of a stream that is about to start.
   *
   * @param runs ascending, without overlap, at least one; of their chunks the missing ones are
   *     fetched
   */
  public Flight(LayerChunks chunks, List<ChunkRun> runs, Priority basePriority) {
    this.chunks = chunks;
    this.basePriority = basePriority;
    this.runs = List.copyOf(runs);
    this.position = from();
    this.end = runs.getLast().to();
    this.urgentUntil = position;
    this.meter = new Meter(chunks.chunkBlobOffset(position));
    this.priority = basePriority;
  }

  public Priority basePriority() {
    return basePriority;
  }

  /** Returns the stream's meter, which is thread-safe. */
  public Meter meter() {
    return meter;
  }

  /**
   * Returns the priority now: a stream is urgent while it carries a chunk somebody waits for. Any
   * thread may ask.
   */
  public Priority priority() {
    return priority;
  }

  /**
   * Returns whether only chunks that no reader waits for are left, and a reader lacks a permit. Any
   * thread may ask.
   */
  public boolean isUnwanted() {
    return unwanted;
  }

  void unwanted(boolean now) {
    unwanted = now;
  }

  /** Returns what the stream was started for, whatever has become of that; any thread may ask. */
  public List<ChunkRun> runs() {
    return runs;
  }

  int from() {
    return runs.getFirst().from();
  }

  int position() {
    return position;
  }

  /** Returns the chunk after the last; any thread may ask. */
  public int end() {
    return end;
  }

  boolean isUrgent() {
    return position < urgentUntil;
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

  /** Returns whether the stream will bring the chunk. */
  boolean carries(int chunk) {
    if (isEnding() || chunk < position || end <= chunk) {
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

  /** Returns whether the stream, which carries the chunk, comes to it sooner than a new one. */
  boolean isNear(int chunk, long unit) {
    return basePriority == Priority.ON_DEMAND
        || !chunks.blobOrdered()
        || chunks.chunkBlobOffset(position) == chunks.chunkBlobOffset(chunk)
        || bytesBefore(chunk) <= unit;
  }

  /** Returns how many bytes of the blob the stream has yet to bring before {@code chunk}. */
  private long bytesBefore(int chunk) {
    long bytes = chunks.chunkBlobOffset(chunk) - meter.blobPosition();
    List<ChunkRun> before = within(position, chunk + 1);
    for (int i = 1; i < before.size(); i++) {
      int gapFrom = before.get(i - 1).to() - 1;
      bytes -= chunks.chunkBlobOffset(before.get(i).from()) - chunks.chunkBlobEnd(gapFrom);
    }
    return bytes;
  }

  /** Nobody waits for chunks from {@code chunk} on any more. */
  public void calmDown(int chunk) {
    urgentUntil = Math.min(urgentUntil, chunk);
    publish();
  }

  /** Somebody waits for the chunks before {@code chunk} as well. */
  public void urge(int chunk) {
    urgentUntil = Math.max(urgentUntil, chunk);
    publish();
  }

  /** Takes the chunks from {@code chunk} on away from the stream. */
  void endBefore(int chunk) {
    end = Math.min(end, chunk);
    publish();
  }

  /** All chunks before {@code chunk} are done with. */
  void advance(int chunk) {
    position = Math.max(position, chunk);
    publish();
  }

  private void publish() {
    if (isUrgent()) {
      priority = Priority.ON_DEMAND;
    } else {
      priority = basePriority == Priority.ON_DEMAND ? Priority.PREFETCH : basePriority;
    }
  }

  /** The first byte has come. */
  void receives() {
    receiving = true;
  }

  /** Returns whether bytes come: the stream does not just wait for the first one. */
  boolean isReceiving() {
    return receiving;
  }

  /** The stream brings nothing more; it ends as soon as it notices. The first reason counts. */
  void ends(IOException reason) {
    if (endReason == null) {
      endReason = reason;
    }
  }

  boolean isEnding() {
    return endReason != null;
  }

  /** Returns why the stream is to end, null if it is not; any thread may ask. */
  public @Nullable IOException endReason() {
    return endReason;
  }
}
