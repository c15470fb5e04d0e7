package dev.lazuli.cache.chunks;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Syncable;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Which chunks of a layer are in its data file: bits in memory, which are the truth, and a {@link
 * PresenceFile} that brings them through a restart.
 *
 * <p>Every commit writes its one byte, which costs a system call into the page cache and makes the
 * bit as durable as the data it speaks of: both survive a crash of the process; neither is certain
 * to survive a crash of the machine. Therefore bits are believed if the file is clean or was
 * written under this boot; otherwise all of them become <i>doubted</i>, which is as good as missing
 * until somebody has compared the bytes with their digest. The clean flag is taken back, synced,
 * before the first bit changes, and set again only by {@link #checkpoint}.
 *
 * <p>Linux reports a failed write-back once, at the next sync, and then treats the pages as clean.
 * So a failed sync of the data makes all bits set since the last good one doubted, and what is
 * verified after that is also written again, or no later sync would write it. Bytes of a chunk that
 * is not present yet may have been lost too: so whoever writes one notes {@link #failedSyncs}
 * first, and {@link #add} refuses the chunk if there was another one since.
 *
 * <p>Where a write to the file fails, the file may say anything of that byte. Then the whole file
 * is rewritten before the next bit changes or a hole is punched.
 *
 * <p>Thread-safe. Bits are read without a lock; changes are serialised by this object's monitor.
 */
public final class Presence implements Closeable {
  private final PresenceFile file;
  private final AtomicBits present;
  private final AtomicBits doubted;
  private final Object syncing = new Object();
  private volatile int presentCount;
  private volatile long failedSyncs;

  /** What was set since the last good sync began. */
  @GuardedBy("this")
  private AtomicBits unsynced;

  @GuardedBy("this")
  private boolean clean;

  /** The file may say "clean", on the disk or in memory. */
  @GuardedBy("this")
  private boolean mayBeClean;

  /** The file may differ from the bits. */
  @GuardedBy("this")
  private boolean torn;

  /** What is doubted may be right in memory only. */
  @GuardedBy("this")
  private boolean rewrite;

  @GuardedBy("this")
  private long changes;

  private Presence(PresenceFile file, PresenceFile.Bits content) {
    this.file = file;
    this.present = content.present();
    this.doubted = content.doubted();
    this.clean = content.clean();
    this.mayBeClean = content.clean();
    this.rewrite = content.rewrite();
    this.unsynced = content.clean() ? new AtomicBits(present.size()) : present.copy();
    this.presentCount = present.count();
  }

  /** Writes and syncs the file of a layer that has nothing yet. */
  public static void create(Disk disk, Path path, int chunks, UUID bootId) throws IOException {
    PresenceFile.create(disk, path, bootId, PresenceFile.Bits.nothing(chunks));
  }

  /** Writes and syncs the file of a layer whose data is all there and synced. */
  public static void createWhole(Disk disk, Path path, int chunks, UUID bootId) throws IOException {
    PresenceFile.create(disk, path, bootId, PresenceFile.Bits.everything(chunks));
  }

  /**
   * Opens {@code path}; if its bits cannot be believed, it is replaced first.
   *
   * @param torn whether its last user could not write down what it knew
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes the file.
  public static Presence open(Disk disk, Path path, int chunks, UUID bootId, boolean torn)
      throws IOException {
    var file = PresenceFile.open(disk, path, bootId, chunks, torn);
    try {
      return new Presence(file, file.read());
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  public boolean has(int chunk) {
    return present.get(chunk);
  }

  /** Returns the first chunk in the range that is not present; -1 if all are. */
  public int nextMissing(int from, int to) {
    return present.nextClear(from, to);
  }

  /** Returns the first present chunk in the range; -1 if there is none. */
  public int nextPresent(int from, int to) {
    return present.nextSet(from, to);
  }

  /** Returns the first doubted chunk in the range; -1 if there is none. */
  public int nextDoubted(int from, int to) {
    return doubted.nextSet(from, to);
  }

  /** Returns whether everything marked present is known to be on the disk. */
  public synchronized boolean clean() {
    return clean;
  }

  /** Returns whether the file may differ from the bits, so that it must not be believed. */
  public synchronized boolean torn() {
    return torn;
  }

  /** Returns whether doubted bytes that prove right must be written again to be on the disk. */
  public synchronized boolean mustRewrite() {
    return rewrite;
  }

  /** Returns whether bytes were left at the chunk's place, right or not. */
  public boolean doubts(int chunk) {
    return doubted.get(chunk);
  }

  public int count() {
    return presentCount;
  }

  public int doubtedCount() {
    return doubted.count();
  }

  public boolean all() {
    return presentCount == present.size();
  }

  /** Returns how many syncs of the data have failed: for {@link #add}. */
  public long failedSyncs() {
    return failedSyncs;
  }

  /**
   * Marks the chunk present: its bytes are in the data file and their digest was right.
   *
   * @param failedBefore {@link #failedSyncs} from before the first of its bytes was written
   * @return false if a sync has failed since, so that the bytes may never reach the disk; then
   *     nothing has changed
   */
  public synchronized boolean add(int chunk, long failedBefore) throws IOException {
    if (failedSyncs != failedBefore) {
      return false;
    }
    prepare();
    if (present.get(chunk)) {
      return true;
    }
    mirror(present, chunk, true);
    present.set(chunk);
    unsynced.set(chunk);
    presentCount++;
    changes++;
    try {
      undoubt(chunk);
    } catch (IOException e) {
      // The chunk is present all the same; the file is torn now and will be rewritten.
    }
    return true;
  }

  /** Marks the chunk missing, durably: only after this may its bytes be touched. */
  public synchronized void remove(int chunk) throws IOException {
    prepare();
    if (present.get(chunk)) {
      mirror(present, chunk, false);
      present.clear(chunk);
      presentCount--;
      changes++;
    }
  }

  /** Stops doubting the chunk: what was left of it is not its content. */
  public synchronized void dispel(int chunk) throws IOException {
    prepare();
    undoubt(chunk);
  }

  /** Doubts a missing chunk whose bytes are still at their place. */
  public synchronized void doubt(int chunk) throws IOException {
    prepare();
    if (!present.get(chunk) && doubted.set(chunk)) {
      changes++;
      mirror(doubted, chunk, true);
    }
  }

  /** Makes sure that the file says of no missing chunk that it is present. */
  public synchronized void settle() throws IOException {
    if (torn) {
      prepare();
    }
  }

  @GuardedBy("this")
  private void undoubt(int chunk) throws IOException {
    if (doubted.clear(chunk)) {
      changes++;
      mirror(doubted, chunk, false);
    }
  }

  @GuardedBy("this")
  private void mirror(AtomicBits map, int chunk, boolean value) throws IOException {
    int bit = 1 << (chunk & 7);
    int octet = map.octet(chunk & -8);
    boolean failed = true;
    try {
      file.writeOctet(map == doubted, chunk, (byte) (value ? octet | bit : octet & ~bit));
      failed = false;
    } finally {
      torn |= failed;
    }
  }

  /** Takes the clean flag back before anything changes, and mends a file that is torn. */
  @GuardedBy("this")
  private void prepare() throws IOException {
    if (mayBeClean) {
      file.writeFlags(false, rewrite);
      file.sync();
      mayBeClean = false;
      clean = false;
    }
    if (torn) {
      file.rewrite(new PresenceFile.Bits(present, doubted, false, rewrite, file.bootId()));
      torn = false;
    }
  }

  /**
   * Syncs the data and then this map. Commits may go on meanwhile; the map becomes clean if none
   * did.
   *
   * @return whether it is clean now
   * @throws SyncFailedException if the data could not be synced; what was not known to be on the
   *     disk is doubted now
   * @throws IOException if the map could not be written or synced
   */
  public boolean checkpoint(Syncable data) throws IOException {
    synchronized (syncing) {
      long before;
      AtomicBits inSync;
      synchronized (this) {
        if (clean) {
          return true;
        }
        prepare();
        before = changes;
        inSync = unsynced;
        unsynced = new AtomicBits(present.size());
      }
      sync(data, inSync);
      syncMap();
      return becomeClean(before);
    }
  }

  private void sync(Syncable data, AtomicBits inSync) throws IOException {
    try {
      data.sync();
    } catch (IOException e) {
      var failed = new SyncFailedException(doubtUnsynced(inSync), e);
      try {
        settle(); // The next process believes the file, if this one dies before its next change.
      } catch (IOException unsettled) {
        failed.addSuppressed(unsettled);
      }
      throw failed;
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // Others only read it.
  private synchronized int doubtUnsynced(AtomicBits inSync) {
    failedSyncs++;
    int count = 0;
    for (AtomicBits each : new AtomicBits[] {inSync, unsynced}) {
      for (int c = each.nextSet(0, each.size()); c >= 0; c = each.nextSet(c + 1, each.size())) {
        if (present.clear(c)) {
          doubted.set(c);
          presentCount--;
          count++;
        }
      }
    }
    unsynced = new AtomicBits(present.size());
    changes++;
    rewrite = true;
    torn = true;
    return count;
  }

  private void syncMap() throws IOException {
    try {
      file.sync();
    } catch (IOException e) {
      synchronized (this) {
        torn = true;
      }
      throw e;
    }
  }

  private synchronized boolean becomeClean(long before) throws IOException {
    if (changes != before || torn) {
      return false;
    }
    boolean doubting = doubted.nextSet(0, doubted.size()) >= 0;
    mayBeClean = true;
    file.writeFlags(true, rewrite && doubting);
    file.sync();
    clean = true;
    rewrite &= doubting;
    return true;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
