package dev.lazuli.cache;

import dev.lazuli.cache.disk.HolePuncher;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.io.TempDir;

/** A store with a quota and a clock that tests set. */
abstract class EvictionRig {
  /** Zeroes the bytes, as a reader of a punched hole sees them. */
  static final HolePuncher ZEROES =
      (file, offset, length) -> {
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
          data.seek(offset);
          data.write(new byte[Math.toIntExact(length)]);
        }
      };

  @TempDir Path root;

  final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);

  @SuppressWarnings("MustBeClosed") // The caller's.
  LayerStore open(long quota) throws IOException {
    return LayerStore.open(
        root,
        StoreOptions.defaults()
            .withQuota(quota)
            .withReuseEntries(0)
            .withPuncher(ZEROES)
            .withClock(now::get));
  }
}
