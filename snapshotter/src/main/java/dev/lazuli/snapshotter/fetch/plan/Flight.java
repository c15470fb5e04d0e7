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
  /** Bounds the work for a stream that many readers overtake. */
  private static final int MOST_GIVEN_AWAY = 256;

  /** A byte may come twice if a reader overtakes so many by that. */
  private static final int WORTH_TWICE = 4;

  private final LayerChunks chunks;
  private final Priority basePriority;
  private final List<ChunkRun> runs;
  private final Meter meter;

  /** What the stream is to bring, ascending: its runs without what was given to others. */
  private List<ChunkRun> carried;

  private int givenAway;

  /** The chunk at work; all before it are done with. */
  private int position;

  /** Chunk after the last; moves towards the front when the rest is taken from this stream. */
  private volatile int end;

  /** Up to here somebody waits for the chunks. */
  private int urgentUntil;

  private boolean receiving;
  private Priority calmPriority;
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
    this.carried = this.runs;
    this.position = from();
    this.end = runs.getLast().to();
    this.urgentUntil = position;
    this.meter = new Meter(chunks.chunkBlobOffset(position));
    this.calmPriority = basePriority == Priority.BACKGROUND ? basePriority : Priority.PREFETCH;
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

  /** Returns the runs of chunks that the stream has not reached yet or is at work on. */
  List<ChunkRun> left() {
    return within(position, end);
  }

  /** Returns the runs of chunks that the stream was to bring and that no other one brings now. */
  List<ChunkRun> kept() {
    return within(0, end);
  }

  private List<ChunkRun> within(int first, int last) {
    return within(carried, first, last);
  }

  private static List<ChunkRun> within(List<ChunkRun> runs, int first, int last) {
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
    int run = ChunkRun.firstBehind(carried, chunk);
    return run < carried.size() && carried.get(run).from() <= chunk;
  }

  /** Returns the end of what the stream brings without a gap from {@code chunk} on. */
  int carriedUpTo(int chunk) {
    int to = carried.get(ChunkRun.firstBehind(carried, chunk)).to();
    return Math.max(chunk + 1, Math.min(to, end));
  }

  /**
   * Returns whether to leave chunks to this stream, which carries the first of them: a request of
   * their own is not answered sooner, or costs more than it saves, for their bytes come a second
   * time with this stream.
   *
   * @param unit bytes that arrive in the time that a request takes to be answered
   */
  boolean isNear(int chunk, int to, long unit) {
    if (basePriority == Priority.ON_DEMAND
        || !chunks.blobOrdered()
        || givenAway >= MOST_GIVEN_AWAY
        || chunks.chunkBlobOffset(position) == chunks.chunkBlobOffset(chunk)) {
      return true;
    }
    int last = Math.min(to, carriedUpTo(chunk)) - 1;
    long twice = chunks.chunkBlobEnd(last) - chunks.chunkBlobOffset(chunk);
    return bytesBefore(chunk) <= unit + WORTH_TWICE * twice;
  }

  /** Returns how many bytes of the blob the stream has yet to bring before {@code chunk}. */
  private long bytesBefore(int chunk) {
    long bytes = chunks.chunkBlobOffset(chunk) - meter.blobPosition();
    List<ChunkRun> before = within(runs, position, chunk + 1);
    for (int i = 1; i < before.size(); i++) {
      int gapFrom = before.get(i - 1).to() - 1;
      bytes -= chunks.chunkBlobOffset(before.get(i).from()) - chunks.chunkBlobEnd(gapFrom);
    }
    return bytes;
  }

  /** Returns how many bytes of the blob the stream has yet to bring. */
  long bytesLeft() {
    int last = end - 1;
    return last < position
        ? 0
        : bytesBefore(last) + chunks.chunkBlobEnd(last) - chunks.chunkBlobOffset(last);
  }

  /** Returns how many more bytes the disk takes once the stream has brought the rest. */
  long diskBytesLeft() {
    long bytes = 0;
    for (ChunkRun run : left()) {
      for (int c = chunks.nextMissing(run.from(), run.to());
          c >= 0;
          c = chunks.nextMissing(c + 1, run.to())) {
        bytes += chunks.diskBytes(c);
      }
    }
    return bytes;
  }

  /**
   * Gives chunks to another stream, which brings them sooner. This one is not cut off for that: it
   * comes by them all the same, and brings those that are still missing then.
   */
  void giveAway(int from, int to) {
    var kept = new ArrayList<ChunkRun>(carried.size() + 1);
    for (ChunkRun run : carried) {
      addIfAny(kept, run.from(), Math.min(run.to(), from));
      addIfAny(kept, Math.max(run.from(), to), run.to());
    }
    carried = kept;
    givenAway++;
  }

  private static void addIfAny(List<ChunkRun> runs, int from, int to) {
    if (from < to) {
      runs.add(new ChunkRun(from, to));
    }
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

  /** Readers will want most of the chunks: a stream for background work counts as prefetch. */
  void becomesPrefetch() {
    calmPriority = Priority.PREFETCH;
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
      priority = calmPriority;
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
