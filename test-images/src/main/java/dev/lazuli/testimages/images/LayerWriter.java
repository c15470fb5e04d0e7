package dev.lazuli.testimages.images;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
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
  private static final int ZSTD_LEVEL = 3;

  private LayerWriter() {}

  static Layer write(Iterable<TreeEntry> entries, LayerFormat format, Path file)
      throws IOException {
    try (var blob = new HashingStream(Files.newOutputStream(file));
        var compressed = new BufferedOutputStream(compress(blob, format), BUFFER);
        var tar = new HashingStream(compressed)) {
      try (var writer = new TarWriter(tar)) {
        for (var entry : entries) {
          writer.write(entry);
        }
      }
      var descriptor = new Descriptor(format.mediaType(), blob.digest(), blob.size(), Map.of());
      return new Layer(descriptor, tar.digest(), tar.size());
    }
  }

  private static OutputStream compress(OutputStream out, LayerFormat format) throws IOException {
    return switch (format) {
      case PLAIN -> out;
      case GZIP -> new GZIPOutputStream(out, BUFFER);
      case ZSTD -> new ZstdOutputStreamNoFinalizer(out, ZSTD_LEVEL);
    };
  }
}
