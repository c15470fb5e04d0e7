package dev.lazuli.snapshotter.cli;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.build.BuildOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a lazy layer is to be written; a mixin. */
final class LayerBuildOptions {
  private static final int MOST_THREADS = 16;

  /** Formats as people name them. */
  enum Format {
    /** Gzip: any tool reads it. */
    ESTARGZ("estargz"),
    /** Zstandard: smaller and faster. */
    ZSTD_CHUNKED("zstd:chunked");

    private final String words;

    Format(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "estargz or zstd:chunked. Default: estargz.")
  private String format = "estargz";

  @Option(
      names = "--level",
      paramLabel = "N",
      description = "Compression level: 1-9 for estargz (default: 9), 1-22 for zstd:chunked (3).")
  private @Nullable Integer level;

  @Option(
      names = "--chunk-size",
      paramLabel = "BYTES",
      defaultValue = "4194304",
      description = "Largest chunk of a file, in bytes. Default: ${DEFAULT-VALUE}.")
  private int chunkBytes;

  @Option(
      names = "--min-chunk-size",
      paramLabel = "BYTES",
      defaultValue = "0",
      description = {
        "Let chunks share a stream until it has this many compressed bytes. Layers become smaller,",
        "but more has to be fetched to read one file.",
        "Default: ${DEFAULT-VALUE}."
      })
  private int minChunkBytes;

  @Option(
      names = "--prioritize",
      paramLabel = "FILE",
      description = {
        "File with the paths to put first, one per line: those that a container reads when it",
        "starts. Layers without these paths are written as usual."
      })
  private @Nullable Path prioritized;

  @Option(
      names = "--external-toc",
      description = "Keep the table of contents out of the layer, in an image NAME-esgztoc.")
  private boolean externalToc;

  @Option(
      names = "--keep-diff-id",
      description = "Keep the layer's tar as it is, byte for byte; needs --external-toc.")
  private boolean keepDiffId;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Number of threads that compress; does not change the result. Default: one per CPU.")
  private int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());

  /** Returns the options, checked. */
  BuildOptions build() throws IOException, CommandException {
    var preset = preset();
    var paths = prioritized == null ? List.<String>of() : paths(prioritized);
    try {
      var options =
          preset
              .withChunks(chunkBytes, minChunkBytes)
              .withThreads(threads)
              .withPrioritized(paths, /* newMissingAllowed= */ true);
      options = level == null ? options : options.withLevel(level);
      return keepDiffId ? options.keepingDiffId() : options;
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }

  private BuildOptions preset() throws CommandException {
    if (format.equals(Format.ZSTD_CHUNKED.words) || format.equals("zstd-chunked")) {
      if (externalToc) {
        throw new CommandException("zstd:chunked has no external TOC");
      }
      return BuildOptions.ZSTD_CHUNKED;
    }
    if (!format.equals(Format.ESTARGZ.words)) {
      throw new CommandException("format " + format + " is not estargz or zstd:chunked");
    }
    return externalToc
        ? BuildOptions.ESTARGZ.withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC)
        : BuildOptions.ESTARGZ;
  }

  boolean externalToc() {
    return externalToc;
  }

  /** One path per line; empty lines and those that start with {@code #} do not count. */
  private static List<String> paths(Path list) throws IOException {
    try (var lines = Files.lines(list)) {
      return lines
          .map(String::strip)
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .toList();
    }
  }
}
