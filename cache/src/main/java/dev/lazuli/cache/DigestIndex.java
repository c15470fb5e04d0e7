package dev.lazuli.cache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Remembers where chunks with given digests are, in native memory: a little at first, up to its
 * limit as it fills. A hint, not a promise: entries are overwritten when their bucket is full and
 * go stale when chunks are evicted, so whoever finds one checks it against the layer. Thread-safe.
 *
 * <p>A hash table of buckets of eight entries: the digest's first eight bytes, the layer's slot (0:
 * empty), the chunk. The digest is its own hash. Half full, the table doubles.
 */
final class DigestIndex {
  private static final int ENTRY_BYTES = 16;
  private static final int BUCKET_ENTRIES = 8;
  private static final int SLOT = 8;
  private static final int CHUNK = 12;

  /** 32 KiB. */
  private static final long FIRST_BUCKETS = 256;

  private final long mostBuckets;

  @GuardedBy("this")
  private MemorySegment entries;

  @GuardedBy("this")
  private long buckets;

  @GuardedBy("this")
  private long used;

  @GuardedBy("this")
  private int nextVictim;

  DigestIndex(int capacity) {
    this.mostBuckets = Integer.highestOneBit(Math.max(1, capacity / BUCKET_ENTRIES));
    this.buckets = Math.min(FIRST_BUCKETS, mostBuckets);
    this.entries = table(buckets);
  }

  private static MemorySegment table(long buckets) {
    return Arena.ofAuto().allocate(buckets * BUCKET_ENTRIES * ENTRY_BYTES, Long.BYTES);
  }

  /**
   * Remembers a chunk; replaces an entry for the same digest, otherwise an empty one, otherwise
   * any.
   */
  synchronized void put(long prefix, long slot, int chunk) {
    if (buckets < mostBuckets && 2 * used >= buckets * BUCKET_ENTRIES) {
      grow();
    }
    place(prefix, (int) slot, chunk);
  }

  @GuardedBy("this")
  private void grow() {
    var old = entries;
    buckets *= 2;
    entries = table(buckets);
    used = 0;
    for (long at = 0; at < old.byteSize(); at += ENTRY_BYTES) {
      int slot = old.get(ValueLayout.JAVA_INT, at + SLOT);
      if (slot != 0) {
        long prefix = old.get(ValueLayout.JAVA_LONG, at);
        place(prefix, slot, old.get(ValueLayout.JAVA_INT, at + CHUNK));
      }
    }
  }

  @GuardedBy("this")
  private void place(long prefix, int slot, int chunk) {
    long bucket = bucket(prefix);
    long into = -1;
    for (int i = 0; i < BUCKET_ENTRIES; i++) {
      long at = bucket + (long) i * ENTRY_BYTES;
      int known = entries.get(ValueLayout.JAVA_INT, at + SLOT);
      if (known != 0 && entries.get(ValueLayout.JAVA_LONG, at) == prefix) {
        into = at;
        break;
      }
      if (known == 0 && into < 0) {
        into = at;
      }
    }
    if (into < 0) {
      nextVictim = (nextVictim + 1) % BUCKET_ENTRIES;
      into = bucket + (long) nextVictim * ENTRY_BYTES;
    }
    if (entries.get(ValueLayout.JAVA_INT, into + SLOT) == 0) {
      used++;
    }
    entries.set(ValueLayout.JAVA_LONG, into, prefix);
    entries.set(ValueLayout.JAVA_INT, into + SLOT, slot);
    entries.set(ValueLayout.JAVA_INT, into + CHUNK, chunk);
  }

  /** Returns {@code slot << 32 | chunk}, or 0 if the digest is not known. */
  synchronized long find(long prefix) {
    long bucket = bucket(prefix);
    for (int i = 0; i < BUCKET_ENTRIES; i++) {
      long at = bucket + (long) i * ENTRY_BYTES;
      int slot = entries.get(ValueLayout.JAVA_INT, at + SLOT);
      if (slot != 0 && entries.get(ValueLayout.JAVA_LONG, at) == prefix) {
        return (long) slot << 32 | entries.get(ValueLayout.JAVA_INT, at + CHUNK);
      }
    }
    return 0;
  }

  @GuardedBy("this")
  private long bucket(long prefix) {
    return (prefix & (buckets - 1)) * BUCKET_ENTRIES * ENTRY_BYTES;
  }
}
