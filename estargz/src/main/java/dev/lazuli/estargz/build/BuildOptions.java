package dev.lazuli.estargz.build;

import dev.lazuli.estargz.LayerFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * How a lazy layer is to be written.
 *
 * @param format {@link LayerFormat#ESTARGZ}, {@link LayerFormat#ESTARGZ_EXTERNAL_TOC} or {@link
 *     LayerFormat#ZSTD_CHUNKED}
 * @param level compression level, 1-9 for gzip, 1-22 for zstd
 * @param chunkBytes most bytes of file content per chunk, 4 KiB to 64 MiB
 * @param minChunkBytes compressed bytes that a stream must have before a chunk starts another; 0
 *     gives each chunk a stream of its own
 * @param prioritized files to put first, in this order, as paths in the layer
 * @param missingAllowed if a prioritised file may be absent
 * @param diffIdKept if the tar must stay byte for byte as it is: no landmark, and an external TOC
 * @param threads threads that compress; they do not change the result
 * @param scratch directory for a temporary copy of the tar, made only if files are prioritised
 */
public record BuildOptions(
    LayerFormat format,
    int level,
    int chunkBytes,
    int minChunkBytes,
    List<String> prioritized,
    boolean missingAllowed,
    boolean diffIdKept,
    int threads,
    Path scratch) {

  /** eStargz as stargz-snapshotter writes it: level 9, chunks of 4 MiB, on all processors. */
  public static final BuildOptions ESTARGZ =
      new BuildOptions(
          LayerFormat.ESTARGZ,
          9,
          4 << 20,
          0,
          List.of(),
          false,
          false,
          Runtime.getRuntime().availableProcessors(),
          Path.of(System.getProperty("java.io.tmpdir")));

  /** zstd:chunked as stargz-snapshotter writes it: level 3, chunks of 4 MiB, on all processors. */
  public static final BuildOptions ZSTD_CHUNKED =
      ESTARGZ.withFormat(LayerFormat.ZSTD_CHUNKED).withLevel(3);

  /** Checks the ranges and that the options fit together. */
  public BuildOptions {
    prioritized = List.copyOf(prioritized);
    var zstd = format == LayerFormat.ZSTD_CHUNKED;
    require(
        zstd || format == LayerFormat.ESTARGZ || format == LayerFormat.ESTARGZ_EXTERNAL_TOC,
        "format " + format + " can be read but not written");
    require(level >= 1 && level <= (zstd ? 22 : 9), "level " + level);
    require(chunkBytes >= 4096 && chunkBytes <= 64 << 20, "chunk size " + chunkBytes);
    require(minChunkBytes >= 0 && minChunkBytes <= 16 << 20, "least chunk size " + minChunkBytes);
    require(threads >= 1 && threads <= 1024, "threads " + threads);
    require(
        !diffIdKept || (format == LayerFormat.ESTARGZ_EXTERNAL_TOC && prioritized.isEmpty()),
        "keeping the DiffID needs an external TOC and the original order");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException("not allowed: " + what);
    }
  }

  /** Returns these options with another format. */
  public BuildOptions withFormat(LayerFormat newFormat) {
    return changed(draft -> draft.format = newFormat);
  }

  /** Returns these options with another compression level. */
  public BuildOptions withLevel(int newLevel) {
    return changed(draft -> draft.level = newLevel);
  }

  /** Returns these options with other chunk sizes. */
  public BuildOptions withChunks(int newChunkBytes, int newMinChunkBytes) {
    return changed(
        draft -> {
          draft.chunkBytes = newChunkBytes;
          draft.minChunkBytes = newMinChunkBytes;
        });
  }

  /** Returns these options with files to put first. */
  public BuildOptions withPrioritized(List<String> paths, boolean newMissingAllowed) {
    return changed(
        draft -> {
          draft.prioritized = paths;
          draft.missingAllowed = newMissingAllowed;
        });
  }

  /** Returns these options with the tar kept as it is. */
  public BuildOptions keepingDiffId() {
    return changed(draft -> draft.diffIdKept = true);
  }

  /** Returns these options with another number of compressing threads. */
  public BuildOptions withThreads(int newThreads) {
    return changed(draft -> draft.threads = newThreads);
  }

  /** Returns these options with another scratch directory. */
  public BuildOptions withScratch(Path newScratch) {
    return changed(draft -> draft.scratch = newScratch);
  }

  private BuildOptions changed(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The options with each value open to change, so that one place lists them all. */
  private static final class Draft {
    private LayerFormat format;
    private int level;
    private int chunkBytes;
    private int minChunkBytes;
    private List<String> prioritized;
    private boolean missingAllowed;
    private boolean diffIdKept;
    private int threads;
    private Path scratch;

    Draft(BuildOptions from) {
      format = from.format;
      level = from.level;
      chunkBytes = from.chunkBytes;
      minChunkBytes = from.minChunkBytes;
      prioritized = from.prioritized;
      missingAllowed = from.missingAllowed;
      diffIdKept = from.diffIdKept;
      threads = from.threads;
      scratch = from.scratch;
    }

    BuildOptions finished() {
      return new BuildOptions(
          format,
          level,
          chunkBytes,
          minChunkBytes,
          prioritized,
          missingAllowed,
          diffIdKept,
          threads,
          scratch);
    }
  }
}
