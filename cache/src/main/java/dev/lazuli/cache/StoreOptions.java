package dev.lazuli.cache;

import dev.lazuli.cache.disk.BlocksOf;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.HolePuncher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link LayerStore} behaves.
 *
 * @param quotaBytes disk the store may take, 0 for no limit
 * @param reserveBytes disk that is left free for others: what no reader waits for is not added
 *     where less is free; 0 for none, {@link #DEFAULT_RESERVE} for a twentieth of the file system,
 *     10 GiB at most
 * @param bootId changes with every start of the machine, never in between
 * @param puncher frees the blocks of aborted and evicted chunks; null: aborted bytes stay until
 *     they are overwritten, and only whole layers are evicted
 * @param blocksOf measures the disk files really take; null: it is computed from the chunks
 * @param openLayers how many unused layers stay open for the next user (two file descriptors each)
 * @param reuseEntries how many chunk digests are remembered to copy chunks between layers instead
 *     of fetching them, 16 bytes each; 0 to switch that off
 * @param checkpointInterval how often layers with new chunks are synced
 * @param clock gives creation, completion and use times
 * @param disk what the store does with files
 * @param reuseScope between which layers chunks may be copied
 * @param noRoom whether a write failed because the disk, its table of inodes or a quota is full
 */
public record StoreOptions(
    long quotaBytes,
    long reserveBytes,
    UUID bootId,
    @Nullable HolePuncher puncher,
    @Nullable BlocksOf blocksOf,
    int openLayers,
    int reuseEntries,
    Duration checkpointInterval,
    InstantSource clock,
    Disk disk,
    ReuseScope reuseScope,
    Predicate<IOException> noRoom) {
  /** A reserve by the size of the file system. */
  public static final long DEFAULT_RESERVE = -1;

  private static final long MOST_DEFAULT_RESERVE = 10L << 30; // 10 GiB

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  public StoreOptions {
    if (quotaBytes < 0
        || reserveBytes < DEFAULT_RESERVE
        || openLayers < 0
        || reuseEntries < 0
        || !checkpointInterval.isPositive()) {
      throw new IllegalArgumentException(
          "quota %d, reserve %d, open layers %d, reuse entries %d, checkpoint interval %s"
              .formatted(quotaBytes, reserveBytes, openLayers, reuseEntries, checkpointInterval));
    }
  }

  /** Returns how much is left free for others on a disk of that size. */
  public long reserveOn(long totalBytes) {
    return reserveBytes == DEFAULT_RESERVE
        ? Math.min(totalBytes / 20, MOST_DEFAULT_RESERVE)
        : reserveBytes;
  }

  /**
   * Returns the defaults: no quota, no reserve, nothing that needs native calls, 64 open layers,
   * 256 Ki remembered digests (4 MiB), a checkpoint every 30 seconds, a full disk known by what the
   * C library says of it in English.
   *
   * @throws IOException if this machine's boot id cannot be read
   */
  public static StoreOptions defaults() throws IOException {
    var bootId = UUID.fromString(Files.readString(BOOT_ID).strip());
    return new StoreOptions(
        0,
        0,
        bootId,
        null,
        null,
        64,
        1 << 18,
        Duration.ofSeconds(30),
        InstantSource.system(),
        Disk.LOCAL,
        ReuseScope.EVERYTHING,
        Room::saysFull);
  }

  /** Returns these options with another quota in bytes; 0 for no limit. */
  public StoreOptions withQuota(long bytes) {
    return changed(draft -> draft.quotaBytes = bytes);
  }

  /** Returns these options with another reserve in bytes; 0 for none. */
  public StoreOptions withReserve(long bytes) {
    return changed(draft -> draft.reserveBytes = bytes);
  }

  /** Returns these options under another boot id. */
  public StoreOptions withBootId(UUID id) {
    return changed(draft -> draft.bootId = id);
  }

  /** Returns these options with a way to free blocks, or null for none. */
  public StoreOptions withPuncher(@Nullable HolePuncher with) {
    return changed(draft -> draft.puncher = with);
  }

  /** Returns these options with a way to measure files. */
  public StoreOptions withBlocksOf(BlocksOf with) {
    return changed(draft -> draft.blocksOf = with);
  }

  /** Returns these options with another number of idle layers kept open. */
  public StoreOptions withOpenLayers(int count) {
    return changed(draft -> draft.openLayers = count);
  }

  /** Returns these options with another number of remembered chunk digests. */
  public StoreOptions withReuseEntries(int count) {
    return changed(draft -> draft.reuseEntries = count);
  }

  /** Returns these options with another time between checkpoints. */
  public StoreOptions withCheckpointInterval(Duration interval) {
    return changed(draft -> draft.checkpointInterval = interval);
  }

  /** Returns these options with another clock. */
  public StoreOptions withClock(InstantSource source) {
    return changed(draft -> draft.clock = source);
  }

  /** Returns these options on another disk. */
  public StoreOptions withDisk(Disk other) {
    return changed(draft -> draft.disk = other);
  }

  /** Returns these options with chunks copied between some layers only. */
  public StoreOptions withReuseScope(ReuseScope scope) {
    return changed(draft -> draft.reuseScope = scope);
  }

  /** Returns these options with another way to tell that a write failed for lack of room. */
  public StoreOptions withNoRoom(Predicate<IOException> test) {
    return changed(draft -> draft.noRoom = test);
  }

  private StoreOptions changed(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The options with each value open to change, so that one place lists them all. */
  private static final class Draft {
    private long quotaBytes;
    private long reserveBytes;
    private UUID bootId;
    private @Nullable HolePuncher puncher;
    private @Nullable BlocksOf blocksOf;
    private int openLayers;
    private int reuseEntries;
    private Duration checkpointInterval;
    private InstantSource clock;
    private Disk disk;
    private ReuseScope reuseScope;
    private Predicate<IOException> noRoom;

    Draft(StoreOptions from) {
      quotaBytes = from.quotaBytes;
      reserveBytes = from.reserveBytes;
      bootId = from.bootId;
      puncher = from.puncher;
      blocksOf = from.blocksOf;
      openLayers = from.openLayers;
      reuseEntries = from.reuseEntries;
      checkpointInterval = from.checkpointInterval;
      clock = from.clock;
      disk = from.disk;
      reuseScope = from.reuseScope;
      noRoom = from.noRoom;
    }

    StoreOptions finished() {
      return new StoreOptions(
          quotaBytes,
          reserveBytes,
          bootId,
          puncher,
          blocksOf,
          openLayers,
          reuseEntries,
          checkpointInterval,
          clock,
          disk,
          reuseScope,
          noRoom);
    }
  }
}
