package dev.lazuli.cache;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.chunks.LearntDigests;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.chunks.SpanTable;
import dev.lazuli.cache.chunks.StartTable;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.DataFile;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Syncable;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The open files of a layer's chunks, which belong together. Whoever opens them closes them.
 *
 * @param arena what the tables are mapped in
 */
record ChunkFiles(
    Arena arena,
    ChunkTable table,
    StartTable starts,
    SpanTable spans,
    @Nullable LearntDigests digests,
    DataFile data,
    Presence presence)
    implements Syncable, Closeable {

  /**
   * Opens the files; none stays open if that fails.
   *
   * @param torn whether the layer's presence was not written down when it was closed last
   * @param verify whether to compare what never changes with its checksums
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes them, or we do.
  static ChunkFiles open(StoreParts parts, Path directory, boolean torn, boolean verify)
      throws IOException {
    Disk disk = parts.disk();
    Arena arena = Arena.ofShared();
    LearntDigests digests = null;
    DataFile data = null;
    Presence presence = null;
    try {
      ChunkTable table = ChunkTable.map(disk, directory.resolve(StoredFiles.CHUNKS), arena);
      if (verify) {
        table.verify(
            disk, directory.resolve(StoredFiles.CHUNKS), directory.resolve(StoredFiles.META));
      }
      Path startsFile = directory.resolve(StoredFiles.STARTS);
      StartTable starts =
          disk.exists(startsFile)
              ? StartTable.map(disk, startsFile, arena, verify)
              : StartTable.none();
      Path spansFile = directory.resolve(StoredFiles.SPANS);
      SpanTable spans = SpanTable.none();
      if (disk.exists(spansFile)) {
        spans = SpanTable.map(disk, spansFile, arena);
        digests =
            LearntDigests.open(disk, directory.resolve(StoredFiles.DIGESTS), table.count(), arena);
        table = table.with(digests);
      }
      data = new DataFile(disk, directory.resolve(StoredFiles.DATA));
      if (data.channel().size() != table.dataSize()) {
        throw new CacheCorruptException(
            data.path(), "size is not the chunk table's %d".formatted(table.dataSize()));
      }
      UUID bootId = parts.options().bootId();
      presence =
          Presence.open(disk, directory.resolve(StoredFiles.PRESENT), table.count(), bootId, torn);
      return new ChunkFiles(arena, table, starts, spans, digests, data, presence);
    } catch (IOException | RuntimeException e) {
      close(e, digests, data, presence);
      arena.close();
      throw e;
    }
  }

  private static void close(Exception reason, @Nullable Closeable... files) {
    for (Closeable file : files) {
      try {
        if (file != null) {
          file.close();
        }
      } catch (IOException e) {
        reason.addSuppressed(e);
      }
    }
  }

  /** A chunk whose digest is not on the disk cannot be verified there. */
  @Override
  public void sync() throws IOException {
    data.sync();
    if (digests != null) {
      digests.sync();
    }
  }

  @Override
  public void close() throws IOException {
    try (data;
        Closeable _ = digests;
        Closeable _ = arena::close;
        presence) {
      // Each is closed even if closing another one fails.
    }
  }
}
