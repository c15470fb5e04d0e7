package dev.lazuli.snapshotter.podman;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.StateFile;
import dev.lazuli.snapshotter.podman.StoredUse.NamedLayer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often layers of the store are used. Kept in a text file, one line for each layer, which is on
 * disk before a change is answered. Where it cannot be written, counts go on in memory and are
 * written as soon as that works. Thread-safe; who only looks never waits for the disk.
 */
final class StoreUses {
  /** A node with thousands of images; a file of some megabytes. */
  static final int MOST = 10_000;

  private static final int MOST_FILE_BYTES = 16 << 20;
  private static final Logger log = LoggerFactory.getLogger(StoreUses.class);

  private final StateFile file;

  /** Changed by one thread at a time, which holds this object's monitor, also while it writes. */
  private final Map<StoreName, StoredUse> byName = new ConcurrentHashMap<>();

  @GuardedBy("this")
  private boolean isUnsaved;

  private StoreUses(Path file) {
    this.file = new StateFile(file, MOST_FILE_BYTES);
  }

  /**
   * Reads what a file keeps; it need not exist. Lines that make no sense are left out: what they
   * said is found again when the layer is asked for.
   *
   * @throws IOException if there is a file that cannot be read: nothing may be counted as unused
   */
  static StoreUses open(Path file) throws IOException {
    var uses = new StoreUses(file);
    uses.load(uses.file.read().orElse("").lines().toList());
    return uses;
  }

  private synchronized void load(List<String> lines) {
    for (var line : lines) {
      try {
        var use = StoredUse.parse(line);
        byName.put(use.name(), use);
      } catch (IllegalArgumentException e) {
        log.warn("{}: a line is left out: {}", file, e.getMessage());
      }
    }
  }

  /** Returns all layers that are used. */
  List<StoredUse> all() {
    return List.copyOf(byName.values());
  }

  /** Returns how many layers are used. */
  int size() {
    return byName.size();
  }

  Optional<StoredUse> find(StoreName name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * Counts one more use.
   *
   * @param request the kernel's number of it
   * @param isRepeated whether a former process may have counted it
   * @throws IOException if too many layers are used
   */
  synchronized void use(StoreName name, NamedLayer layer, long request, boolean isRepeated)
      throws IOException {
    var before = byName.getOrDefault(name, new StoredUse(name, layer, 0, List.of()));
    if (isRepeated && before.has(request)) {
      return;
    }
    if (before.count() == 0 && byName.size() >= MOST) {
      throw new IOException("more than " + MOST + " layers of the store are used");
    }
    byName.put(name, before.counted(before.count() + 1, request));
    save();
  }

  /**
   * Takes one use back; what is not used stays so.
   *
   * @return whether nobody uses the layer now
   */
  synchronized boolean release(StoreName name, long request, boolean isRepeated) {
    var before = byName.get(name);
    if (before == null) {
      return true;
    }
    if (isRepeated && before.has(request)) {
      return false;
    }
    if (before.count() > 1) {
      byName.put(name, before.counted(before.count() - 1, request));
    } else {
      byName.remove(name);
    }
    save();
    return before.count() <= 1;
  }

  /** Writes what could not be written when it changed. */
  synchronized void saveAgain() {
    if (isUnsaved) {
      save();
    }
  }

  @GuardedBy("this")
  private void save() {
    var text = new StringBuilder();
    byName.values().forEach(use -> text.append(use.line()).append('\n'));
    try {
      file.write(text.toString());
      isUnsaved = false;
    } catch (IOException e) {
      if (!isUnsaved) {
        log.warn("uses of layers are not written, trying again: {}", e.toString());
      }
      isUnsaved = true;
    }
  }
}
