package dev.lazuli.snapshotter.knowledge;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of layers in a directory, each by its layer's digest, within a quota: what was not used for
 * longest goes first. A file is there whole or not at all; the time of its last use outlives the
 * process as its time of modification. Thread-safe; one process at a time.
 */
final class KeptFiles {
  private static final Logger log = LoggerFactory.getLogger(KeptFiles.class);

  /** Bounds what is remembered of them to some MB. */
  private static final int MOST_FILES = 20_000;

  private static final String ALGORITHM = "sha256:";
  private static final String NEW = ".new";

  private final Path directory;
  private final long quota;
  private final LongSupplier spareBytes;
  private final InstantSource clock;

  /** Sizes, by digest, the one that was not used for longest first. */
  @GuardedBy("this")
  private final Map<Digest, Long> files = new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true);

  @GuardedBy("this")
  private long bytes;

  /** Writes a file's content. */
  @FunctionalInterface
  interface FileFilling {
    void writeTo(FileChannel file) throws IOException;
  }

  private record Found(Digest digest, long size, FileTime used) {
    static Found of(Path file) throws IOException {
      var digest = Digest.parse(ALGORITHM + file.getFileName());
      return new Found(digest, Files.size(file), Files.getLastModifiedTime(file));
    }
  }

  /**
   * Opens a directory, and removes files that are not whole. Whatever keeps it from being read,
   * such as a disk that is full or broken, nothing is kept for now.
   *
   * @param spareBytes how many bytes may be written before what is to stay free is used
   */
  KeptFiles(Path directory, long quota, LongSupplier spareBytes, InstantSource clock) {
    this.directory = directory;
    this.quota = quota;
    this.spareBytes = spareBytes;
    this.clock = clock;
    synchronized (this) {
      try {
        Files.createDirectories(directory);
        scan();
      } catch (IOException e) {
        log.warn("kept indexes in {} cannot be read: {}", directory, e.toString());
      }
      makeRoom();
    }
  }

  @GuardedBy("this")
  private void scan() throws IOException {
    var all = new ArrayList<Found>();
    try (var names = Files.newDirectoryStream(directory)) {
      for (var file : names) {
        try {
          if (isKept(file) && all.size() < MOST_FILES) {
            all.add(Found.of(file));
          } else {
            Files.deleteIfExists(file);
          }
        } catch (IOException e) { // Such as a directory that somebody has made there.
          log.warn("{} is not a kept index: {}", file, e.toString());
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    all.sort(Comparator.comparing(Found::used));
    for (var found : all) {
      files.put(found.digest, found.size);
      bytes += found.size;
    }
  }

  private static boolean isKept(Path file) {
    return Digest.isDigest(ALGORITHM + file.getFileName())
        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }

  private Path file(Digest digest) {
    return directory.resolve(digest.hex());
  }

  /** Returns the file of a layer, which counts as used now; empty if there is none. */
  synchronized Optional<Path> find(Digest digest) {
    if (files.get(digest) == null) {
      return Optional.empty();
    }
    try {
      Files.setLastModifiedTime(file(digest), FileTime.from(clock.instant()));
    } catch (IOException e) {
      log.debug("kept index of layer {}: its use is not recorded: {}", digest, e.toString());
    }
    return Optional.of(file(digest));
  }

  /** Returns whether there is a file of a layer. */
  synchronized boolean has(Digest digest) {
    return files.containsKey(digest);
  }

  /**
   * Adds a file, and removes others where there is too little room. One that is larger than a
   * quarter of the quota is not added, nor one that is larger than {@code most}. None is added
   * where the largest that may be does not fit without using what is to stay free.
   *
   * @return whether it was added
   * @throws IOException if it cannot be written; nothing is left of it
   */
  boolean add(Digest digest, long most, FileFilling content) throws IOException {
    long largest = Math.min(most, quota / 4);
    if (largest > spareBytes.getAsLong()) {
      return false;
    }
    var fresh = Files.createDirectories(directory).resolve(digest.hex() + NEW);
    Files.deleteIfExists(fresh);
    try {
      try (var file =
          FileChannel.open(
              fresh,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
        content.writeTo(file);
      }
      long size = Files.size(fresh);
      return size <= largest && take(digest, fresh, size);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private synchronized boolean take(Digest digest, Path fresh, long size) throws IOException {
    Files.move(fresh, file(digest), StandardCopyOption.ATOMIC_MOVE);
    var before = files.put(digest, size);
    bytes += size - (before == null ? 0 : before);
    makeRoom();
    return true;
  }

  @GuardedBy("this")
  private void makeRoom() {
    while (bytes > quota || files.size() > MOST_FILES) {
      remove(files.keySet().iterator().next());
    }
  }

  /** Removes the file of a layer, if there is one. */
  synchronized void remove(Digest digest) {
    var size = files.remove(digest);
    bytes -= size == null ? 0 : size;
    try {
      Files.deleteIfExists(file(digest));
    } catch (IOException e) {
      log.warn("kept index of layer {} cannot be removed: {}", digest, e.toString());
    }
  }

  synchronized int count() {
    return files.size();
  }

  synchronized long bytes() {
    return bytes;
  }
}
