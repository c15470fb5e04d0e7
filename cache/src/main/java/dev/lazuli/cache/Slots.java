package dev.lazuli.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Gives out slot numbers, each once in the life of a store. The {@code slots} file holds, as
 * decimal text, a number that no slot given out has reached; it is synced before the first slot of
 * a batch is used, so a crash wastes numbers but never repeats one. Thread-safe.
 */
final class Slots {
  private static final int BATCH = 32;

  private final Path file;
  private long next;
  private long reserved;

  /** Reads {@code file}; slots up to {@code highestSeen} are taken whatever it says. */
  Slots(Path file, long highestSeen) throws IOException {
    this.file = file;
    this.next = Math.max(read(file), highestSeen + 1);
    this.reserved = next;
  }

  private static long read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 1;
    }
    String text = Files.readString(file).strip();
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
      Durable.rewrite(
          file, Long.toString(next + BATCH).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      reserved = next + BATCH;
    }
    return next++;
  }
}
