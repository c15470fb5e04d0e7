package dev.lazuli.estargz.build;

import static dev.lazuli.estargz.LayerFormat.ESTARGZ;
import static dev.lazuli.estargz.LayerFormat.ESTARGZ_EXTERNAL_TOC;
import static dev.lazuli.estargz.LayerFormat.ZSTD_CHUNKED;

import dev.lazuli.estargz.tar.TarBlocks;
import dev.lazuli.estargz.tar.TarEntry;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.tar.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;

/**
 * Turns a layer (tar, or tar compressed by gzip or zstd) into a lazy one. Streams: memory is about
 * {@code (threads + 2) x 2 x (chunk size + 1 MiB)}, and the TOC in compressed form. Safe for any
 * thread.
 */
public final class EstargzBuilder {
  private final BuildOptions options;

  /** Makes a builder of layers of one kind. */
  public EstargzBuilder(BuildOptions options) {
    this.options = options;
  }

  /**
   * Writes a lazy layer with its TOC in it. Closes neither stream.
   *
   * @param layer the layer as it is
   * @param blob receives the lazy layer
   * @throws TarFormatException if the tar is broken, or holds what a lazy layer cannot
   * @throws IOException if a stream fails, or a prioritised file is missing
   */
  public BuiltLayer build(InputStream layer, OutputStream blob) throws IOException {
    if (options.format() == ESTARGZ_EXTERNAL_TOC) {
      throw new IllegalArgumentException("an external TOC needs an output of its own");
    }
    return build(layer, blob, OutputStream.nullOutputStream());
  }

  /**
   * Writes a lazy layer, and its TOC to an output of its own if the options ask for an external
   * TOC. Closes no stream.
   *
   * @param tocBlob receives the external TOC
   */
  public BuiltLayer build(InputStream layer, OutputStream blob, OutputStream tocBlob)
      throws IOException {
    var out = new BlobOutput(blob);
    try (var toc = new TocJson();
        var pipeline =
            new SegmentPipeline(
                out,
                options.threads(),
                () -> new SegmentCompressor(newCompressor(), options.minChunkBytes()));
        var last = newCompressor()) {
      var assembler = new LayerAssembler(options, pipeline, toc);
      var unprioritized = addEntries(LayerInput.tar(layer), assembler);
      assembler.finish();
      var end = new BlobEnd(assembler, toc, out, last, unprioritized);
      return switch (options.format()) {
        case ZSTD_CHUNKED -> end.zstdChunked();
        case ESTARGZ_EXTERNAL_TOC -> end.externalToc(new BlobOutput(tocBlob));
        default -> end.estargz();
      };
    }
  }

  private StreamCompressor newCompressor() {
    return options.format() == ZSTD_CHUNKED
        ? new ZstdCompressor(options.level())
        : new GzipCompressor(options.level());
  }

  /** Adds all entries, and returns why none were put first, though some should be. */
  private Optional<String> addEntries(InputStream tar, LayerAssembler assembler)
      throws IOException {
    if (options.prioritized().isEmpty()) {
      addInOrder(new TarReader(tar), assembler);
      return Optional.empty();
    }
    try (var spooled = SpooledTar.copy(tar, options.scratch())) {
      var first = Priorities.order(spooled, options);
      var obstacle = EntryOrder.obstacle(spooled);
      if (obstacle.isPresent()) {
        addInOrder(spooled.from(0), assembler);
        return obstacle;
      }
      for (long offset : first.values()) {
        var reader = spooled.from(offset);
        var entry = reader.next();
        if (entry != null) {
          assembler.add(entry, reader);
        }
      }
      assembler.addLandmark(LazyEntries.PREFETCH_LANDMARK);
      addAll(spooled.from(0), assembler, first);
      return Optional.empty();
    }
  }

  private void addInOrder(TarReader reader, LayerAssembler assembler) throws IOException {
    if (!options.diffIdKept()) {
      assembler.addLandmark(LazyEntries.NO_PREFETCH_LANDMARK);
    }
    addAll(reader, assembler, Map.of());
  }

  private void addAll(TarReader reader, LayerAssembler assembler, Map<String, Long> already)
      throws IOException {
    for (TarEntry entry; (entry = reader.next()) != null; ) {
      var path = entry.path();
      var dropped = LazyEntries.contain(path) && !options.diffIdKept();
      if (dropped || already.containsKey(path)) {
        reader.skipContent();
      } else {
        assembler.add(entry, reader);
      }
    }
    addEnd(reader, assembler);
  }

  /** Reads the input to its end in any case: only then a compressed one is known to be whole. */
  private void addEnd(TarReader reader, LayerAssembler assembler) throws IOException {
    for (var rest = reader.rest(); rest.length > 0; rest = reader.rest()) {
      if (options.diffIdKept()) {
        assembler.addRaw(rest);
      }
    }
    if (!options.diffIdKept() && options.format() != ESTARGZ) {
      assembler.addRaw(new byte[TarBlocks.END_BYTES]);
    }
  }
}
