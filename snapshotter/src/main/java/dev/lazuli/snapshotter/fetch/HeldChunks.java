package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.Writer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chunks that have come, and are held until it is known whether they are right. For one thread. */
public final class HeldChunks implements Iterable<HeldChunks.Held> {
  private final List<Held> all = new ArrayList<>();

  /**
   * A chunk that has come.
   *
   * @param writer has its bytes; null if they are not written here
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Held(int chunk, @Nullable Writer writer, byte[] sha256) {
    private void abort() {
      if (writer != null) {
        writer.close();
      }
    }
  }

  /** Takes a chunk and its writer over. */
  public void add(int chunk, @Nullable Writer writer, byte[] sha256) {
    all.add(new Held(chunk, writer, sha256));
  }

  public boolean isEmpty() {
    return all.isEmpty();
  }

  @Override
  public Iterator<Held> iterator() {
    return all.iterator();
  }

  /** Aborts the writers, so that others may write these chunks; the digests stay. */
  public void letGo() {
    all.replaceAll(
        held -> {
          held.abort();
          return new Held(held.chunk, null, held.sha256);
        });
  }

  /** Aborts what was not committed, and forgets all. */
  public void abort() {
    all.forEach(Held::abort);
    all.clear();
  }
}
