package dev.lazuli.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Gives out slot numbers, each once in the life of a store. The {@code slots} file holds, as
 * decimal text, a number that no slot given out has reached; it is synced before the first slot of
 * a batch is used, so a crash wastes numbers but never repeats one. Thread-safe.
 */
final class Slots {
  private static final int BATCH = 32;

  private static final int MOST_DIGITS = 64;

  private final Disk disk;
  private final Path file;

  @GuardedBy("this")
  private long next;

  @GuardedBy("this")
  private long reserved;

  /**
   * Reads {@code file}; slots up to {@code highestSeen} are taken even if the file says otherwise.
   */
  Slots(Disk disk, Path file, long highestSeen) throws IOException {
    this.disk = disk;
    this.file = file;
    this.next = Math.max(read(disk, file), highestSeen + 1);
    this.reserved = next;
  }

  private static long read(Disk disk, Path file) throws IOException {
    if (!disk.exists(file)) {
      return 1;
    }
    String text = new String(Durable.read(disk, file, MOST_DIGITS), US_ASCII).strip();
    try {
      return Math.max(1, Long.parseLong(text));
    } catch (NumberFormatException e) {
      throw new CacheCorruptException(file, "not a number: " + text);
    }
  }

  synchronized long take() throws IOException {
    if (next > Integer.MAX_VALUE) {
      throw new IOException("all slots of " + file.getParent() + " are used up");
    }
    if (next == reserved) {
      Durable.rewrite(disk, file, Long.toString(next + BATCH).getBytes(US_ASCII));
      reserved = next + BATCH;
    }
    return next++;
  }
}
