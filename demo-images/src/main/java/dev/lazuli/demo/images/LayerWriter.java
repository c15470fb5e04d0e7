package dev.lazuli.demo.images;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.lazuli.estargz.build.BuildOptions;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** Turns entries into a layer blob in one pass, both digests computed on the way. */
final class LayerWriter {
  private static final int BUFFER = 1 << 16;
  private static final int GZIP_LEVEL = 6;
  private static final int ZSTD_LEVEL = 3;

  private LayerWriter() {}

  static LayoutLayer write(Iterable<TreeEntry> entries, LayerEncoding encoding, Path file)
      throws IOException {
    return switch (encoding) {
      case PLAIN, GZIP, ZSTD -> writePlainly(entries, encoding, file);
      case ESTARGZ ->
          LazyLayerWriter.write(entries, BuildOptions.ESTARGZ.withLevel(GZIP_LEVEL), file);
      case ZSTD_CHUNKED -> LazyLayerWriter.write(entries, BuildOptions.ZSTD_CHUNKED, file);
    };
  }

  private static LayoutLayer writePlainly(
      Iterable<TreeEntry> entries, LayerEncoding encoding, Path file) throws IOException {
    try (var blob = new HashingStream(Files.newOutputStream(file));
        var compressed = new BufferedOutputStream(compress(blob, encoding), BUFFER);
        var tar = new HashingStream(compressed)) {
      try (var writer = new TarWriter(tar)) {
        for (var entry : entries) {
          writer.write(entry);
        }
      }
      var descriptor =
          new BlobDescriptor(encoding.mediaType(), blob.digest(), blob.size(), Map.of());
      return new LayoutLayer(descriptor, tar.digest(), tar.size());
    }
  }

  private static OutputStream compress(OutputStream out, LayerEncoding encoding)
      throws IOException {
    return switch (encoding) {
      case GZIP -> new GZIPOutputStream(out, BUFFER);
      case ZSTD -> new ZstdOutputStreamNoFinalizer(out, ZSTD_LEVEL);
      default -> out;
    };
  }
}
