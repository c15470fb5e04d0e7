package dev.lazuli.cache.chunks;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.DataFile;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;

/**
 * The {@code present} file of a layer. It is little-endian and holds {@code n = ceil(chunks / 8)}
 * bytes per map:
 *
 * <pre>
 *   0  8  magic "LZPRSNT1"
 *   8  4  chunk count
 *  12  4  flags; 1: clean, all that is marked present is on the disk; 2: a sync has failed, so
 *         doubted bytes that are right must be written again
 *  16 16  boot id under which the file was last written
 *  32 32  zero
 *  64  n  present
 *  64+n n doubted
 * </pre>
 *
 * <p>Used under the monitor of its {@link Presence}.
 */
final class PresenceFile implements Closeable {
  static final long MAGIC = 0x3154_4e53_5250_5a4cL; // "LZPRSNT1"
  private static final int HEADER_BYTES = 64;
  private static final int FLAGS_AT = 12;
  private static final int CLEAN = 1;
  private static final int REWRITE = 2;

  /** What such a file says. */
  record Bits(
      AtomicBits present, AtomicBits doubted, boolean clean, boolean rewrite, UUID writtenUnder) {
    private static final UUID NEVER = new UUID(0, 0);

    static Bits nothing(int chunks) {
      return new Bits(new AtomicBits(chunks), new AtomicBits(chunks), false, false, NEVER);
    }

    static Bits everything(int chunks) {
      var present = new AtomicBits(chunks);
      for (int chunk = 0; chunk < chunks; chunk++) {
        present.set(chunk);
      }
      return new Bits(present, new AtomicBits(chunks), true, false, NEVER);
    }

    /** Returns the same with all that is present doubted. */
    Bits doubting(boolean rewriteRight) {
      for (int c = present.nextSet(0, present.size());
          c >= 0;
          c = present.nextSet(c + 1, present.size())) {
        doubted.set(c);
      }
      return new Bits(new AtomicBits(present.size()), doubted, false, rewriteRight, writtenUnder);
    }
  }

  private final DataFile file;
  private final Path path;
  private final UUID bootId;
  private final int chunks;

  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes it.
  PresenceFile(Disk disk, Path path, UUID bootId, int chunks) throws IOException {
    this.file = new DataFile(disk, path);
    this.path = path;
    this.bootId = bootId;
    this.chunks = chunks;
  }

  /**
   * Opens {@code path}; if its bits cannot be believed, it is replaced first by one that doubts
   * them.
   *
   * @param torn whether its last user could not write down what it knew
   */
  @MustBeClosed
  static PresenceFile open(Disk disk, Path path, UUID bootId, int chunks, boolean torn)
      throws IOException {
    try (var old = new PresenceFile(disk, path, bootId, chunks)) {
      Bits found = old.read();
      if (torn || !(found.clean() || found.writtenUnder().equals(bootId))) {
        replace(disk, path, bootId, found.doubting(torn));
      }
    }
    return new PresenceFile(disk, path, bootId, chunks);
  }

  UUID bootId() {
    return bootId;
  }

  /** Writes and syncs a new file. */
  static void create(Disk disk, Path path, UUID bootId, Bits content) throws IOException {
    Durable.write(disk, path, bytes(bootId, content));
  }

  /** Puts a file in the place of {@code path}. */
  private static void replace(Disk disk, Path path, UUID bootId, Bits content) throws IOException {
    Durable.rewrite(disk, path, bytes(bootId, content).array());
  }

  private static ByteBuffer bytes(UUID bootId, Bits content) {
    int chunks = content.present().size();
    ByteBuffer all = buffer(HEADER_BYTES + 2 * mapBytes(chunks));
    all.putLong(MAGIC).putInt(chunks).putInt(flags(content.clean(), content.rewrite()));
    all.putLong(bootId.getMostSignificantBits()).putLong(bootId.getLeastSignificantBits());
    all.position(HEADER_BYTES);
    putMap(all, content.present());
    putMap(all, content.doubted());
    return all.flip();
  }

  Bits read() throws IOException {
    if (file.channel().size() != HEADER_BYTES + 2L * mapBytes(chunks)) {
      throw new CacheCorruptException(path, "wrong size for %d chunks".formatted(chunks));
    }
    ByteBuffer header = buffer(HEADER_BYTES);
    file.read(0, header);
    header.flip();
    if (header.getLong() != MAGIC || header.getInt() != chunks) {
      throw new CacheCorruptException(path, "bad header");
    }
    int flags = header.getInt();
    var writtenUnder = new UUID(header.getLong(), header.getLong());
    AtomicBits present = readMap(HEADER_BYTES);
    return new Bits(
        present,
        readMap(HEADER_BYTES + mapBytes(chunks)).without(present),
        (flags & CLEAN) != 0,
        (flags & REWRITE) != 0 && writtenUnder.equals(bootId),
        writtenUnder);
  }

  private AtomicBits readMap(long at) throws IOException {
    byte[] bytes = new byte[mapBytes(chunks)];
    file.read(at, ByteBuffer.wrap(bytes));
    return new AtomicBits(chunks, bytes);
  }

  void writeOctet(boolean doubted, int chunk, byte octet) throws IOException {
    long map = (long) HEADER_BYTES + (doubted ? mapBytes(chunks) : 0);
    file.write(map + (chunk >>> 3), ByteBuffer.wrap(new byte[] {octet}));
  }

  void writeFlags(boolean clean, boolean rewrite) throws IOException {
    ByteBuffer header = buffer(20);
    header.putInt(flags(clean, rewrite));
    header.putLong(bootId.getMostSignificantBits()).putLong(bootId.getLeastSignificantBits());
    file.write(FLAGS_AT, header.flip());
  }

  /** Writes all of the file anew, in place. */
  void rewrite(Bits content) throws IOException {
    file.write(0, bytes(bootId, content));
  }

  void sync() throws IOException {
    file.sync();
  }

  private static int flags(boolean clean, boolean rewrite) {
    return (clean ? CLEAN : 0) | (rewrite ? REWRITE : 0);
  }

  private static int mapBytes(int chunks) {
    return (chunks + 7) >>> 3;
  }

  private static void putMap(ByteBuffer into, AtomicBits bits) {
    for (int bit = 0; bit < bits.size(); bit += 8) {
      into.put(bits.octet(bit));
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
