package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.bridge.kernel.FileHoles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.StringDataType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file {@code snapshots.db}: durable transactions over a few ordered maps.
 *
 * <p>One transaction at a time. It is on disk when {@link #transact} returns, and leaves no trace
 * when that throws, also when the disk was full, or when it was written and only the sync failed.
 * After a failure, and at each start, the file is opened as it was after the last good transaction,
 * and copied to a new one before it is written again: MVStore may lose later transactions of a file
 * in which a write has failed. What is there can be read even where there is no room for the copy.
 * Only if the daemon dies in between can a transaction be found that was said to have failed. The
 * file is locked against a second daemon while it is open.
 */
final class Database implements AutoCloseable {
  /** Work on the maps. */
  interface Transaction<T> {
    T run(Maps maps) throws IOException;
  }

  /**
   * The maps.
   *
   * @param snapshots name to record
   * @param children {@link #childKey} to nothing: an index of who builds on whom
   * @param counters small facts: {@link #LAST_ID} is the last one given out
   */
  record Maps(
      MVMap<String, byte[]> snapshots,
      MVMap<String, byte[]> children,
      MVMap<String, Long> counters) {
    static String childKey(long parentId, String name) {
      return "%016x/%s".formatted(parentId, name);
    }

    /** Returns the names of those who build on a snapshot. */
    List<String> childrenOf(long id) {
      var prefix = childKey(id, "");
      var names = new ArrayList<String>();
      for (var keys = children.keyIterator(prefix); keys.hasNext(); ) {
        var key = keys.next();
        if (!key.startsWith(prefix)) {
          break;
        }
        names.add(key.substring(prefix.length()));
      }
      return names;
    }

    boolean hasChildren(long id) {
      var prefix = childKey(id, "");
      var first = children.ceilingKey(prefix);
      return first != null && first.startsWith(prefix);
    }

    void copyTo(Maps other) {
      copy(snapshots, other.snapshots);
      copy(children, other.children);
      copy(counters, other.counters);
    }

    private static <V> void copy(Map<String, V> from, Map<String, V> to) {
      from.forEach(to::put);
    }
  }

  private static final Logger log = LoggerFactory.getLogger(Database.class);

  // One byte store, one page cache of a megabyte: the tree is small and read rarely.
  private static final int CACHE_MEBIBYTES = 1;
  private static final String FRESH = ".new";
  private static final String SPARE = ".spare";

  /** A transaction takes some kilobytes, and those that make room must work on a full disk. */
  private static final long RESERVE_BYTES = 1 << 20;

  static final String LAST_ID = "id";
  private static final long NOTHING = -1;

  private final Path file;
  private final String name;
  private final ReentrantLock lock = new ReentrantLock();
  private MVStore store;
  private Maps maps;
  private boolean closed;
  private long lastSize;
  private long reservedTo;

  /** Whether the file must not be written before it was copied to a new one. */
  private boolean doubted = true;

  /** The version that a failed transaction started from, while the file may be beyond it. */
  private long backTo = NOTHING;

  private Database(Path file, String name) throws IOException {
    this.file = file;
    this.name = name;
    store = openStore(name);
    maps = openMaps(store);
  }

  static Database open(Path file) throws IOException {
    return open(file, file.toString());
  }

  /**
   * Opens a file that MVStore finds under a name of its own.
   *
   * @param name the file's path, with a scheme before it
   */
  static Database open(Path file, String name) throws IOException {
    var database = new Database(file, name);
    try {
      database.renew();
    } catch (IOException e) {
      log.warn("{} is read-only for now: {}", file, e.getMessage());
    }
    return database;
  }

  private static MVStore openStore(String name) throws IOException {
    try {
      return new MVStore.Builder()
          .fileName(name)
          .autoCommitDisabled()
          .cacheSize(CACHE_MEBIBYTES)
          .open();
    } catch (MVStoreException e) {
      throw new IOException("cannot open " + name + ": " + e.getMessage(), e);
    }
  }

  private static Maps openMaps(MVStore store) {
    var strings = StringDataType.INSTANCE;
    var bytes =
        new MVMap.Builder<String, byte[]>().keyType(strings).valueType(ByteArrayDataType.INSTANCE);
    return new Maps(
        store.openMap("snapshots", bytes),
        store.openMap("children", bytes),
        store.openMap("counters"));
  }

  /** Runs work that only reads, between two transactions. */
  <T> T read(Transaction<T> work) throws IOException {
    lock.lock();
    try {
      ensureOpen();
      return work.run(maps);
    } catch (MVStoreException e) {
      throw new IOException("read of " + file + " failed: " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  /** Runs work that changes something, and makes all of it durable or none. */
  <T> T transact(Transaction<T> work) throws IOException {
    lock.lock();
    try {
      ensureOpen();
      renew();
      var done = false;
      long before = store.getCurrentVersion();
      try {
        T result = work.run(maps);
        store.commit();
        store.sync();
        done = true;
        keepRoom();
        return result;
      } catch (MVStoreException e) {
        throw new IOException("write of " + file + " failed: " + e.getMessage(), e);
      } finally {
        if (!done) {
          undo(before);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  // Opening the file again is the way back for a failed step and a failed write alike.
  private void undo(long before) {
    if (store.isClosed() || store.hasUnsavedChanges() || store.getCurrentVersion() != before) {
      backTo = before;
      store.closeImmediately();
    }
  }

  private void ensureOpen() throws IOException {
    if (closed) {
      throw new IOException(file + " is closed");
    }
    if (store.isClosed()) {
      doubted = true;
      store = openStore(name);
      maps = openMaps(store);
      takeBack();
    }
  }

  /** All of it may be there if only the sync, or the very end of the write, failed. */
  private void takeBack() throws IOException {
    if (backTo == NOTHING || store.getCurrentVersion() <= backTo) {
      return;
    }
    try {
      store.rollbackTo(backTo);
    } catch (MVStoreException e) {
      store.closeImmediately();
      throw new IOException(file + ": cannot undo a failed change: " + e.getMessage(), e);
    }
  }

  /** Copies a file that is in doubt to a new one, which takes its place. */
  private void renew() throws IOException {
    if (!doubted) {
      return;
    }
    try {
      takeSpare();
      write(maps);
      store.closeImmediately();
      Files.move(fresh(), file, StandardCopyOption.ATOMIC_MOVE);
      try (var directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
        directory.force(true);
      }
      store = openStore(name);
      maps = openMaps(store);
      backTo = NOTHING;
      doubted = false;
      reservedTo = 0;
      keepRoom();
    } catch (MVStoreException e) {
      throw new IOException("cannot write " + fresh() + ": " + e.getMessage(), e);
    }
  }

  /** Puts the file that has room, if there is one, where the copy is to be. */
  private void takeSpare() throws IOException {
    Files.deleteIfExists(fresh());
    if (Files.exists(spare())) {
      Files.move(spare(), fresh(), StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /**
   * Takes disk space ahead, as far as there is any: beyond the end of the file for the next
   * transactions, and an empty file for the next copy.
   */
  private void keepRoom() {
    try {
      long size = Files.size(file);
      boolean shrunk = size < lastSize;
      lastSize = size;
      if (shrunk || reservedTo < size + RESERVE_BYTES / 2) {
        FileHoles.reserve(file, 0, size + RESERVE_BYTES);
        if (!Files.exists(spare())) {
          Files.createFile(spare());
        }
        FileHoles.reserve(spare(), 0, size + RESERVE_BYTES);
        reservedTo = size + RESERVE_BYTES;
      }
    } catch (IOException e) {
      log.debug("cannot reserve space for {}: {}", file, e.getMessage());
    }
  }

  private Path spare() {
    return file.resolveSibling(file.getFileName() + SPARE);
  }

  private Path fresh() {
    return file.resolveSibling(file.getFileName() + FRESH);
  }

  private void write(Maps content) throws IOException {
    var copy = openStore(name + FRESH);
    try {
      var target = openMaps(copy);
      content.copyTo(target);
      // Something to commit, so that there is a version to go back to.
      target.counters().putIfAbsent(LAST_ID, 0L);
      copy.commit();
      copy.sync();
    } finally {
      copy.closeImmediately();
    }
  }

  /** Closes the file. Idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      store.close();
      keepRoom();
    } finally {
      lock.unlock();
    }
  }
}
