package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocPosition;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.snapshotter.convert.ConvertedLayer.How;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** Brings one layer from a source to a target, lazy. Safe for any thread. */
final class LayerConverter implements AutoCloseable {
  private static final int BUFFER_BYTES = 256 << 10;

  private final ImageSource source;
  private final ImageTarget target;
  private final ConvertOptions options;
  private final EstargzBuilder builder;
  private final LayerOpener opener = new LayerOpener(Limits.DEFAULT);

  LayerConverter(ImageSource source, ImageTarget target, ConvertOptions options) {
    this.source = source;
    this.target = target;
    this.options = options;
    builder = new EstargzBuilder(options.build());
  }

  /** Brings a layer over; as it is if it is lazy already or is not a file system layer. */
  ConvertedLayer convert(LayerWork layer) throws IOException {
    return switch (layer.way()) {
      case LEAVE -> ConvertedLayer.unchanged(How.PASSED, layer.blob(), Map.of());
      case COPY -> {
        target.copy(layer.blob(), source);
        yield ConvertedLayer.unchanged(How.PASSED, layer.blob(), Map.of());
      }
      case CONVERT -> {
        var toc = lazyToc(layer);
        if (toc.isEmpty()) {
          yield rewrite(layer.blob());
        }
        target.copy(layer.blob(), source);
        var facts = Map.of(Annotations.TOC_DIGEST, toc.get());
        yield ConvertedLayer.unchanged(How.KEPT, layer.blob(), facts);
      }
    };
  }

  /** Returns the TOC digest of a layer that can stay as it is; empty if it cannot. */
  private Optional<String> lazyToc(LayerWork layer) throws IOException {
    var format = options.build().format();
    if (!options.build().prioritized().isEmpty() || format == LayerFormat.ESTARGZ_EXTERNAL_TOC) {
      return Optional.empty();
    }
    var blob = source.blob(layer.blob());
    try (var index = opener.open(request(layer, blob, format))) {
      return isKind(index.format(), format)
          ? Optional.of("sha256:" + HexFormat.of().formatHex(index.tocDigest()))
          : Optional.empty();
    } catch (LayerFormatException | DigestMismatchException | EOFException notLazy) {
      return Optional.empty();
    }
  }

  /** A zstd:chunked layer without annotations is rewritten: they say what its TOC does not. */
  private static OpenRequest request(LayerWork layer, BlobSource blob, LayerFormat wanted)
      throws LayerFormatException {
    var name = layer.digest().toString();
    try {
      var trust = TocTrust.fromAnnotations(layer.lazyFacts());
      if (trust.isEmpty() && wanted == LayerFormat.ZSTD_CHUNKED) {
        throw new LayerFormatException(name, "annotations", "missing", "those of zstd:chunked");
      }
      return OpenRequest.of(name, blob, trust.orElse(new TocTrust.Deferred()))
          .at(TocPosition.fromAnnotations(layer.lazyFacts()));
    } catch (IllegalArgumentException e) {
      throw new LayerFormatException(name, "annotation", "no digest", "a SHA-256 digest", e);
    }
  }

  private static boolean isKind(LayerFormat found, LayerFormat wanted) {
    return found == wanted
        || (wanted == LayerFormat.ZSTD_CHUNKED && found == LayerFormat.ZSTD_CHUNKED_CONTAINERS);
  }

  private ConvertedLayer rewrite(Descriptor layer) throws IOException {
    var blob = target.newFile();
    var toc = target.newFile();
    try {
      var built = build(layer, blob, toc);
      var warnings = LazyCheck.warnings(opener, built, blob, toc);
      target.add(Digest.parse(built.digest().toString()), built.size(), blob);
      var external = built.externalToc();
      if (external.isPresent()) {
        target.add(Digest.parse(external.get().digest().toString()), external.get().size(), toc);
      }
      return ConvertedLayer.built(layer, built, warnings);
    } finally {
      Files.deleteIfExists(blob);
      Files.deleteIfExists(toc);
    }
  }

  private BuiltLayer build(Descriptor layer, Path blob, Path toc) throws IOException {
    try (var in = new CheckedInput(source.blob(layer), layer.digest(), layer.size());
        var out = new BufferedOutputStream(Files.newOutputStream(blob), BUFFER_BYTES);
        var tocOut = new BufferedOutputStream(Files.newOutputStream(toc), BUFFER_BYTES)) {
      var built = builder.build(in, out, tocOut);
      in.finish();
      return built;
    }
  }

  @Override
  public void close() {
    opener.close();
  }
}
