package dev.lazuli.snapshotter.start;

import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.InOrderChunks;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Plays the reads of a program in virtual time, over a link with a round trip and a rate. What is
 * missed brings its missing neighbours along, as the scheduler does it; what a chain names comes at
 * the same time as what was missed.
 */
final class TracedReads extends InOrderChunks {
  private static final long FILL_BYTES = 256 << 10;

  private record Arrival(long micros, int chunk) {}

  private final int[] sizes;
  private final long[] offsets;
  private final long tripMicros;
  private final double bytesPerMicro;
  private final PriorityQueue<Arrival> coming =
      new PriorityQueue<>(Comparator.comparingLong(Arrival::micros));
  private final BitSet asked = new BitSet();
  private final BitSet read = new BitSet();
  private final ReadTally tally = new ReadTally();
  private final ReadChain chain = new ReadChain(this, tally);
  private final boolean follows;
  private long now;
  private long linkFreeAt;
  private int waits;

  /**
   * Prepares.
   *
   * @param sizes of the chunks in the blob, in bytes
   * @param follows whether what the chain names is fetched
   */
  TracedReads(int[] sizes, long tripMicros, double bytesPerMicro, boolean follows) {
    super("traced");
    this.sizes = sizes;
    this.offsets = new long[sizes.length + 1];
    for (int i = 0; i < sizes.length; i++) {
      offsets[i + 1] = offsets[i] + sizes[i];
    }
    this.tripMicros = tripMicros;
    this.bytesPerMicro = bytesPerMicro;
    this.follows = follows;
  }

  /**
   * What came of it.
   *
   * @param waits how often the program waited
   * @param micros how long it took
   * @param bytes what was moved
   * @param unreadBytes the part of it that was not read
   */
  record Outcome(int waits, long micros, long bytes, long unreadBytes, long named, long right) {}

  Outcome play(int[] trace) {
    for (int chunk : trace) {
      arrive();
      if (present.get(chunk)) {
        chain.read(chunk, chunk + 1);
      } else {
        miss(chunk);
      }
      read.set(chunk);
      now += 100;
    }
    while (!coming.isEmpty()) {
      now = coming.element().micros();
      arrive();
    }
    long bytes = sum(asked);
    var unread = (BitSet) asked.clone();
    unread.andNot(read);
    return new Outcome(waits, now, bytes, sum(unread), tally.namedChunks(), tally.readChunks());
  }

  private long sum(BitSet chunks) {
    return chunks.stream().mapToLong(chunk -> sizes[chunk]).sum();
  }

  private void miss(int chunk) {
    waits++;
    fetch(chunk);
    for (int c = chunk + 1;
        c < sizes.length && offsets[c + 1] - offsets[chunk] <= FILL_BYTES;
        c++) {
      if (asked.get(c)) {
        break;
      }
      fetch(c);
    }
    chain.read(chunk, chunk + 1);
    List<ChunkRun> along = chain.missed(chunk);
    if (follows) {
      along.forEach(run -> fetch(run.from(), run.to()));
    }
    while (!present.get(chunk)) {
      now = Math.max(now, coming.element().micros());
      arrive();
    }
  }

  private void fetch(int from, int to) {
    for (int chunk = from; chunk < to; chunk++) {
      fetch(chunk);
    }
  }

  private void fetch(int chunk) {
    if (!asked.get(chunk)) {
      asked.set(chunk);
      linkFreeAt =
          Math.max(linkFreeAt, now + tripMicros) + Math.round(sizes[chunk] / bytesPerMicro);
      coming.add(new Arrival(linkFreeAt, chunk));
    }
  }

  private void arrive() {
    while (!coming.isEmpty() && coming.element().micros() <= now) {
      present.set(coming.remove().chunk());
    }
  }

  @Override
  public int chunkCount() {
    return sizes.length;
  }

  @Override
  public long chunkBlobOffset(int chunk) {
    return offsets[chunk];
  }

  @Override
  public long chunkBlobEnd(int chunk) {
    return offsets[chunk + 1];
  }

  @Override
  public int nextMissing(int from, int to) {
    int next = asked.nextClearBit(from);
    return next < to ? next : -1;
  }
}
