package dev.lazuli.snapshotter.snapshots;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.StringDataType;

/**
 * The file {@code snapshots.db}: durable transactions over a few ordered maps.
 *
 * <p>One transaction at a time. It is on disk when {@link #transact} returns, and leaves no trace
 * when that throws, also when the disk was full: the file is then opened again at the last
 * transaction that was whole. The file is locked against a second daemon while it is open.
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
   * @param counters small facts: {@code "id"} is the last one given out
   */
  record Maps(
      MVMap<String, byte[]> snapshots,
      MVMap<String, byte[]> children,
      MVMap<String, Long> counters) {
    static String childKey(long parentId, String name) {
      return "%016x/%s".formatted(parentId, name);
    }

    boolean hasChildren(long id) {
      var prefix = childKey(id, "");
      var first = children.ceilingKey(prefix);
      return first != null && first.startsWith(prefix);
    }
  }

  // One byte store, one page cache of a megabyte: the tree is small and read rarely.
  private static final int CACHE_MEBIBYTES = 1;
  private static final int COMPACT_MILLIS = 50;

  private final Path file;
  private final ReentrantLock lock = new ReentrantLock();
  private MVStore store;
  private Maps maps;
  private boolean closed;

  private Database(Path file) throws IOException {
    this.file = file;
    store = openStore(file);
    maps = openMaps(store);
  }

  static Database open(Path file) throws IOException {
    var database = new Database(file);
    database.store.compactFile(COMPACT_MILLIS);
    return database;
  }

  private static MVStore openStore(Path file) throws IOException {
    try {
      return new MVStore.Builder()
          .fileName(file.toString())
          .autoCommitDisabled()
          .cacheSize(CACHE_MEBIBYTES)
          .open();
    } catch (MVStoreException e) {
      throw new IOException("cannot open " + file + ": " + e.getMessage(), e);
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
      var done = false;
      try {
        T result = work.run(maps);
        store.commit();
        store.sync();
        done = true;
        return result;
      } catch (MVStoreException e) {
        throw new IOException("write of " + file + " failed: " + e.getMessage(), e);
      } finally {
        if (!done) {
          undo();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  // Opening the file again is the one way back that holds for a failed step and a failed write
  // alike.
  private void undo() {
    if (store.isClosed() || store.hasUnsavedChanges()) {
      store.closeImmediately();
    }
  }

  private void ensureOpen() throws IOException {
    if (closed) {
      throw new IOException(file + " is closed");
    }
    if (store.isClosed()) {
      store = openStore(file);
      maps = openMaps(store);
    }
  }

  /** Closes the file. Idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      store.close();
    } finally {
      lock.unlock();
    }
  }
}
