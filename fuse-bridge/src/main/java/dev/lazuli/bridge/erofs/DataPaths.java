package dev.lazuli.bridge.erofs;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.kernel.FileMode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Finds the file whose bytes lie at a place of the data device. Holds 8 bytes for each file, off
 * the heap: the file's first block on the device above the nid of its directory, sorted. Names are
 * looked up in the image when a path is asked for. Immutable, so any thread may ask.
 */
final class DataPaths {
  private static final int REGULAR_TYPE = FileMode.direntType(FileMode.REGULAR);
  private static final int DIRECTORY_TYPE = FileMode.direntType(FileMode.DIRECTORY);
  private static final MemorySegment PARENT = MemorySegment.ofArray(new byte[] {'.', '.'});

  /** Linux's paths have at most 4095 bytes: no directory lies deeper. */
  private static final int MAX_DEPTH = 2048;

  private final ErofsImage image;
  private final MemorySegment files;
  private final long count;

  private DataPaths(ErofsImage image, MemorySegment files, long count) {
    this.image = image;
    this.files = files;
    this.count = count;
  }

  /** Walks the whole image. */
  static DataPaths of(ErofsImage image) throws CorruptImageException {
    var walk = new Walk(image);
    walk.run();
    sort(walk.files, walk.count);
    return new DataPaths(image, walk.files, walk.count);
  }

  /** Returns the path of the file that holds the byte at {@code offset}, if one does. */
  Optional<String> pathAt(long offset) throws CorruptImageException {
    if (offset < 0) {
      throw new IllegalArgumentException("data offset " + offset);
    }
    long block = offset / image.blockSize();
    long low = 0;
    long high = count;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (block(files.getAtIndex(JAVA_LONG, middle)) <= block) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) {
      return Optional.empty();
    }
    long file = files.getAtIndex(JAVA_LONG, low - 1);
    return path(file & 0xffff_ffffL, block(file) * image.blockSize(), offset);
  }

  private Optional<String> path(long directory, long start, long offset)
      throws CorruptImageException {
    String name =
        nameIn(
            directory,
            (nid, type) ->
                type == REGULAR_TYPE
                    && image.dataOffset(nid) == start
                    && offset - start < image.size(nid));
    return name.isEmpty() ? Optional.empty() : Optional.of(pathOf(directory) + name);
  }

  /** Returns a directory's path, ended by a slash unless it is the root's, which is empty. */
  private String pathOf(long directory) throws CorruptImageException {
    var path = new StringBuilder();
    long child = directory;
    for (int depth = 0; child != image.rootNid(); depth++) {
      long parent = image.lookup(child, PARENT, 0, (int) PARENT.byteSize());
      long wanted = child;
      String name = nameIn(parent, (nid, type) -> nid == wanted);
      if (name.isEmpty() || depth == MAX_DEPTH) {
        throw new CorruptImageException("directory " + directory + ": no path to the root");
      }
      path.insert(0, name + "/");
      child = parent;
    }
    return path.toString();
  }

  /** Returns the name of the first entry that is wanted, empty if none is. */
  private String nameIn(long directory, Wanted wanted) throws CorruptImageException {
    var found = new StringBuilder();
    image.forEachEntry(
        directory,
        0,
        (names, offset, length, nid, type, next) -> {
          if (isDots(names, offset, length) || !wanted.test(nid, type)) {
            return true;
          }
          found.append(UTF_8.decode(names.asSlice(offset, length).asByteBuffer()));
          return false;
        });
    return found.toString();
  }

  private static boolean isDots(MemorySegment names, long offset, int length) {
    return length <= PARENT.byteSize()
        && MemorySegment.mismatch(names, offset, offset + length, PARENT, 0, length) == -1;
  }

  private static long block(long file) {
    return file >>> 32;
  }

  /** Heapsort: in place, and not slower for any order. */
  private static void sort(MemorySegment keys, long count) {
    for (long parent = count / 2 - 1; parent >= 0; parent--) {
      sink(keys, parent, count);
    }
    for (long end = count - 1; end > 0; end--) {
      swap(keys, 0, end);
      sink(keys, 0, end);
    }
  }

  private static void sink(MemorySegment keys, long start, long end) {
    long parent = start;
    for (long child = 2 * parent + 1; child < end; child = 2 * parent + 1) {
      if (child + 1 < end && less(keys, child, child + 1)) {
        child++;
      }
      if (!less(keys, parent, child)) {
        return;
      }
      swap(keys, parent, child);
      parent = child;
    }
  }

  private static boolean less(MemorySegment keys, long a, long b) {
    return Long.compareUnsigned(keys.getAtIndex(JAVA_LONG, a), keys.getAtIndex(JAVA_LONG, b)) < 0;
  }

  private static void swap(MemorySegment keys, long a, long b) {
    long key = keys.getAtIndex(JAVA_LONG, a);
    keys.setAtIndex(JAVA_LONG, a, keys.getAtIndex(JAVA_LONG, b));
    keys.setAtIndex(JAVA_LONG, b, key);
  }

  @FunctionalInterface
  private interface Wanted {
    boolean test(long nid, int type) throws CorruptImageException;
  }

  /** Collects the files of all directories. */
  private static final class Walk {
    private final ErofsImage image;
    private long[] directories = new long[64];
    private int pending;
    private long seen;
    private MemorySegment files = Arena.ofAuto().allocate(JAVA_LONG, 1024);
    private long count;

    Walk(ErofsImage image) {
      this.image = image;
    }

    void run() throws CorruptImageException {
      push(image.rootNid());
      while (pending > 0) {
        long directory = directories[--pending];
        image.forEachEntry(
            directory,
            0,
            (names, offset, length, nid, type, next) -> {
              if (type == DIRECTORY_TYPE && !isDots(names, offset, length)) {
                push(nid);
              } else if (type == REGULAR_TYPE) {
                add(image.dataOffset(nid), directory);
              }
              return true;
            });
      }
    }

    private void push(long directory) throws CorruptImageException {
      if (seen++ == image.inodeCount()) {
        throw new CorruptImageException("a cycle of directories at " + directory);
      }
      if (pending == directories.length) {
        directories = Arrays.copyOf(directories, 2 * pending);
      }
      directories[pending++] = directory;
    }

    private void add(long dataOffset, long directory) {
      if (dataOffset < 0) {
        return;
      }
      if (count == files.byteSize() / Long.BYTES) {
        files = Arena.ofAuto().allocate(JAVA_LONG, 2 * count).copyFrom(files);
      }
      files.setAtIndex(JAVA_LONG, count++, ((dataOffset / image.blockSize()) << 32) | directory);
    }
  }
}
