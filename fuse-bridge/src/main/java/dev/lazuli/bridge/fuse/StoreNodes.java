package dev.lazuli.bridge.fuse;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The kernel's numbers for the directories of an additional layer store, those asked for last. The
 * kernel is told to keep none of them, so it asks for the directories above on each way to a file,
 * and a number that is forgotten here, or was another process's, is replaced then. Thread-safe.
 */
final class StoreNodes {
  /** Two names of some hundred characters each. */
  private static final int MOST = 4096;

  /** A directory and what is in it are numbered one after the other. */
  private static final int STEP = 8;

  private static final int TIME_BITS = 20;

  /**
   * A directory.
   *
   * @param layer empty for an image's own
   */
  record Directory(String image, String layer) {
    boolean isLayer() {
      return !layer.isEmpty();
    }
  }

  @GuardedBy("this")
  private final Map<Directory, Long> numbers = new LinkedHashMap<>(16, 0.75f, true);

  @GuardedBy("this")
  private final Map<Long, Directory> directories = new LinkedHashMap<>();

  /** Above all numbers of former processes, unless the clock was set back: then they mix. */
  @GuardedBy("this")
  private long next = System.currentTimeMillis() << TIME_BITS;

  /** Returns a directory's number. */
  synchronized long number(Directory directory) {
    var known = numbers.get(directory);
    if (known != null) {
      return known;
    }
    long number = next;
    next += STEP;
    numbers.put(directory, number);
    directories.put(number, directory);
    if (numbers.size() > MOST) {
      var oldest = numbers.entrySet().iterator();
      directories.remove(oldest.next().getValue());
      oldest.remove();
    }
    return number;
  }

  /** Returns the directory that a node is, or is in. */
  synchronized Optional<Directory> of(long node) {
    return Optional.ofNullable(directories.get(node & -STEP));
  }

  /** Returns which of a directory's files a node is; 0 for the directory itself. */
  static int file(long node) {
    return (int) (node & (STEP - 1));
  }
}
