package dev.lazuli.cache.chunks;

import dev.lazuli.cache.disk.HolePuncher;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Gives blocks of a layer's data file back to the file system. Does nothing where there is no
 * {@link HolePuncher}: bytes that are not marked present do no harm, they only take room.
 */
public final class Holes {
  private final ChunkTable chunks;
  private final Presence presence;
  private final Path file;
  private final @Nullable HolePuncher puncher;

  public Holes(ChunkTable chunks, Presence presence, Path file, @Nullable HolePuncher puncher) {
    this.chunks = chunks;
    this.presence = presence;
    this.file = file;
    this.puncher = puncher;
  }

  /** Gives back the chunks from {@code from} up to {@code to}, with the padding behind them. */
  public void punch(int from, int to) throws IOException {
    if (puncher == null) {
      return;
    }
    long offset = chunks.dataOffset(from);
    long end = chunks.dataEnd(to - 1);
    long blockEnd = Math.min(Blocks.up(end), chunks.dataSize());
    if (to == chunks.count() || chunks.dataOffset(to) >= blockEnd) {
      end = blockEnd;
    }
    puncher.punch(file, offset, end - offset);
  }

  /** Gives back all that is neither present nor to be verified; nobody may be writing. */
  public void clear() throws IOException {
    int count = chunks.count();
    int from = 0;
    while (from < count) {
      int to = nextKept(from);
      if (to > from) {
        punch(from, to);
      }
      from = to;
      while (from < count && (presence.has(from) || presence.doubts(from))) {
        from++;
      }
    }
  }

  private int nextKept(int from) {
    int count = chunks.count();
    int present = presence.nextPresent(from, count);
    int doubted = presence.nextDoubted(from, count);
    return Math.min(present < 0 ? count : present, doubted < 0 ? count : doubted);
  }
}
