package dev.lazuli.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Which chunks of a layer are in its data file: bits in memory, and the {@code present} file that
 * brings them through a restart.
 *
 * <p>The file is little-endian and holds {@code n = ceil(chunks / 8)} bytes per map:
 *
 * <pre>
 *   0  8  magic "LZPRSNT1"
 *   8  4  chunk count
 *  12  4  1: clean, all that is marked present is on the disk
 *  16 16  boot id under which the file was last written
 *  32 32  zero
 *  64  n  present
 *  64+n n doubted
 * </pre>
 *
 * <p>Every commit writes its one byte, which costs a system call into the page cache and makes the
 * bit as durable as the data it speaks of: both survive a crash of the process, neither is sure to
 * survive one of the machine. Therefore bits are believed if the file is clean or was written under
 * this boot; else all of them become <i>doubted</i>, which is as good as missing until somebody has
 * compared the bytes with their digest. The clean flag is taken back, synced, before the first bit
 * changes, and set again only by {@link #checkpoint}.
 *
 * <p>Thread-safe. Bits are read without a lock; changes are serialised by this object's monitor.
 */
final class Presence {
  private static final long MAGIC = 0x3154_4e53_5250_5a4cL; // "LZPRSNT1"
  private static final int HEADER_BYTES = 64;
  private static final int CLEAN_AT = 12;

  private final DataFile file;
  private final UUID bootId;
  private final AtomicBits present;
  private final AtomicBits doubted;
  private boolean clean;
  private long changes;
  private volatile int presentCount;

  private Presence(
      DataFile file, UUID bootId, AtomicBits present, AtomicBits doubted, boolean clean) {
    this.file = file;
    this.bootId = bootId;
    this.present = present;
    this.doubted = doubted;
    this.clean = clean;
    this.presentCount = present.count();
  }

  /** Writes and syncs the file of a layer that has nothing yet. */
  static void create(Path path, int chunks, UUID bootId) throws IOException {
    writeFile(path, bootId, new AtomicBits(chunks), new AtomicBits(chunks));
  }

  /** Opens {@code path}; if its bits cannot be believed, it is replaced first. */
  static Presence open(Path path, int chunks, UUID bootId) throws IOException {
    var file = new DataFile(path);
    try {
      int mapBytes = mapBytes(chunks);
      if (Files.size(path) != HEADER_BYTES + 2L * mapBytes) {
        throw new CacheCorruptException(path, "wrong size for %d chunks".formatted(chunks));
      }
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      file.read(0, header);
      header.flip();
      if (header.getLong() != MAGIC || header.getInt() != chunks) {
        throw new CacheCorruptException(path, "bad header");
      }
      boolean clean = header.getInt() == 1;
      var writtenUnder = new UUID(header.getLong(), header.getLong());
      AtomicBits present = readMap(file, HEADER_BYTES, chunks);
      AtomicBits doubted = readMap(file, HEADER_BYTES + mapBytes, chunks);
      if (clean || writtenUnder.equals(bootId)) {
        return new Presence(file, bootId, present, doubted, clean);
      }
      file.close();
      return reopenDoubting(path, bootId, present, doubted);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static Presence reopenDoubting(
      Path path, UUID bootId, AtomicBits present, AtomicBits doubted) throws IOException {
    int chunks = present.size();
    for (int c = present.nextSet(0, chunks); c >= 0; c = present.nextSet(c + 1, chunks)) {
      doubted.set(c);
    }
    var nothing = new AtomicBits(chunks);
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    writeFile(fresh, bootId, nothing, doubted);
    Durable.replace(fresh, path);
    return new Presence(new DataFile(path), bootId, nothing, doubted, false);
  }

  private static void writeFile(Path path, UUID bootId, AtomicBits present, AtomicBits doubted)
      throws IOException {
    int mapBytes = mapBytes(present.size());
    ByteBuffer all =
        ByteBuffer.allocate(HEADER_BYTES + 2 * mapBytes).order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(MAGIC).putInt(present.size()).putInt(0);
    all.putLong(bootId.getMostSignificantBits()).putLong(bootId.getLeastSignificantBits());
    all.position(HEADER_BYTES);
    putMap(all, present);
    putMap(all, doubted);
    Durable.write(path, all.flip());
  }

  private static int mapBytes(int chunks) {
    return (chunks + 7) >>> 3;
  }

  private static void putMap(ByteBuffer into, AtomicBits bits) {
    for (int bit = 0; bit < bits.size(); bit += 8) {
      into.put(bits.octet(bit));
    }
  }

  private static AtomicBits readMap(DataFile file, long at, int chunks) throws IOException {
    byte[] bytes = new byte[mapBytes(chunks)];
    file.read(at, ByteBuffer.wrap(bytes));
    return new AtomicBits(chunks, bytes);
  }

  boolean has(int chunk) {
    return present.get(chunk);
  }

  /** Returns the first chunk in the range that is not present; -1 if all are. */
  int nextMissing(int from, int to) {
    return present.nextClear(from, to);
  }

  /** Returns the first present chunk in the range; -1 if there is none. */
  int nextPresent(int from, int to) {
    return present.nextSet(from, to);
  }

  /** Returns the first doubted chunk in the range; -1 if there is none. */
  int nextDoubted(int from, int to) {
    return doubted.nextSet(from, to);
  }

  /** Returns whether everything marked present is known to be on the disk. */
  synchronized boolean clean() {
    return clean;
  }

  /** Returns whether an earlier boot has left the chunk's bytes, right or not. */
  boolean doubts(int chunk) {
    return doubted.get(chunk);
  }

  int count() {
    return presentCount;
  }

  boolean all() {
    return presentCount == present.size();
  }

  /** Marks the chunk present: its bytes are in the data file and their digest was right. */
  synchronized void add(int chunk) throws IOException {
    spoil();
    if (present.get(chunk)) {
      return;
    }
    dispelLocked(chunk);
    writeOctet(HEADER_BYTES, chunk, (byte) (present.octet(chunk & -8) | 1 << (chunk & 7)));
    changes++;
    present.set(chunk);
    presentCount++;
  }

  /** Marks the chunk missing, durably: only after this may its bytes be touched. */
  synchronized void remove(int chunk) throws IOException {
    spoil();
    if (present.clear(chunk)) {
      presentCount--;
      changes++;
      writeOctet(HEADER_BYTES, chunk, present.octet(chunk & -8));
    }
  }

  /** Stops doubting the chunk: whatever was left of it is not it. */
  synchronized void dispel(int chunk) throws IOException {
    spoil();
    dispelLocked(chunk);
  }

  private void dispelLocked(int chunk) throws IOException {
    if (doubted.clear(chunk)) {
      int at = HEADER_BYTES + mapBytes(present.size());
      writeOctet(at, chunk, doubted.octet(chunk & -8));
    }
  }

  private void writeOctet(long map, int chunk, byte octet) throws IOException {
    file.write(map + (chunk >>> 3), ByteBuffer.wrap(new byte[] {octet}));
  }

  /** Takes the clean flag back before anything changes. */
  private void spoil() throws IOException {
    if (clean) {
      ByteBuffer header = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
      header.putInt(0);
      header.putLong(bootId.getMostSignificantBits()).putLong(bootId.getLeastSignificantBits());
      file.write(CLEAN_AT, header.flip());
      file.sync();
      clean = false;
    }
  }

  /**
   * Syncs the data and then this map. Commits may go on meanwhile; the map becomes clean if none
   * did.
   *
   * @return whether it is clean now
   */
  boolean checkpoint(DataFile data) throws IOException {
    long before;
    synchronized (this) {
      if (clean) {
        return true;
      }
      before = changes;
    }
    data.sync();
    file.sync();
    synchronized (this) {
      if (changes != before) {
        return false;
      }
      ByteBuffer flag = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      file.write(CLEAN_AT, flag.putInt(1).flip());
      file.sync();
      clean = true;
      return true;
    }
  }

  void close() throws IOException {
    file.close();
  }
}
