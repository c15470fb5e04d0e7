package dev.lazuli.estargz.build;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/** Finds out how a layer is compressed, by its first bytes, and decompresses it. */
final class LayerInput {
  private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b};
  private static final byte[] ZSTD_MAGIC = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
  private static final int BUFFER_BYTES = 128 << 10;

  /** Log2 of the largest zstd window: 128 MiB, what zstd itself takes without being asked. */
  private static final int MAX_WINDOW_LOG = 27;

  /** Returns the tar in a layer that is a plain tar, or one compressed by gzip or zstd. */
  static InputStream tar(InputStream layer) throws IOException {
    var in = new BufferedInputStream(layer, BUFFER_BYTES);
    in.mark(ZSTD_MAGIC.length);
    var magic = in.readNBytes(ZSTD_MAGIC.length);
    in.reset();
    if (Arrays.equals(Arrays.copyOf(magic, GZIP_MAGIC.length), GZIP_MAGIC)) {
      return new GZIPInputStream(in, BUFFER_BYTES);
    }
    if (Arrays.equals(magic, ZSTD_MAGIC)) {
      return new ZstdInputStreamNoFinalizer(in).setLongMax(MAX_WINDOW_LOG);
    }
    return in;
  }

  private LayerInput() {}
}
