package dev.lazuli.cache;

import static java.lang.System.Logger.Level.WARNING;

import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Directories that were renamed out of the way and are yet to be deleted. A name is taken at once,
 * under whatever lock its owner holds; the bytes go afterwards, outside of it, and are counted as
 * used until they are gone. What cannot be deleted is tried again later. Thread-safe.
 */
final class Trash {
  private static final System.Logger LOG = System.getLogger(Trash.class.getName());

  /** A directory to delete and the bytes that are counted for it. */
  record Doomed(Path path, long bytes) {}

  private final Disk disk;
  private final Path directory;
  private final DiskUsage usage;
  private final ConcurrentLinkedQueue<Doomed> left = new ConcurrentLinkedQueue<>();

  Trash(Disk disk, Path directory, DiskUsage usage) {
    this.disk = disk;
    this.directory = directory;
    this.usage = usage;
  }

  /** Makes the place for trash and removes what a former process has left there. */
  void open() throws IOException {
    disk.createDirectories(directory);
    for (Path leftover : disk.list(directory)) {
      delete(new Doomed(leftover, 0));
    }
  }

  /** Returns a name for a directory that is trash unless somebody renames it. */
  Path freshName() {
    return directory.resolve(UUID.randomUUID().toString());
  }

  /**
   * Takes a directory's name away; {@link #delete} must follow.
   *
   * @param bytes what is counted as used for it
   * @throws IOException if it keeps its name
   */
  Doomed take(Path named, long bytes) throws IOException {
    Path nameless = freshName();
    disk.move(named, nameless);
    usage.going(bytes);
    return new Doomed(nameless, bytes);
  }

  /** Deletes a directory, now or, where that fails, some time later. */
  void delete(Doomed doomed) {
    try {
      deleteTree(doomed.path());
      usage.grew(-doomed.bytes());
    } catch (IOException | RuntimeException e) {
      LOG.log(WARNING, doomed.path() + " cannot be deleted yet and still takes space", e);
      left.add(doomed);
    } finally {
      usage.going(-doomed.bytes());
    }
  }

  /** Deletes a directory that nothing is counted for, now or later. */
  void discard(Path directory) {
    try {
      delete(take(directory, 0));
    } catch (IOException e) {
      LOG.log(WARNING, directory + " cannot be deleted yet and still takes space", e);
    }
  }

  /** Tries again what could not be deleted. */
  void retry() {
    for (int i = left.size(); i > 0; i--) {
      Doomed doomed = left.poll();
      if (doomed != null) {
        usage.going(doomed.bytes());
        delete(doomed);
      }
    }
  }

  private void deleteTree(Path path) throws IOException {
    if (disk.isDirectory(path)) {
      // Should the machine stop now, a layer may have its name back; but not its record.
      disk.delete(path.resolve(StoredFiles.RECORD));
      List<Path> entries = disk.list(path);
      for (Path entry : entries) {
        deleteTree(entry);
      }
    }
    disk.delete(path);
  }
}
