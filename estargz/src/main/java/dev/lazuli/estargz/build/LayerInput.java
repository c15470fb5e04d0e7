package dev.lazuli.estargz.build;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.tar.TarReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** Finds out how a layer is compressed, by its first bytes, and decompresses it. */
final class LayerInput {
  private static final int MAGIC_BYTES = 6;
  private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b};
  private static final int ZSTD_MAGIC = 0xfd2f_b528;

  /** A frame that decoders skip, whatever its last four bits; pzstd puts one before each other. */
  private static final int ZSTD_SKIPPABLE_MAGIC = 0x184d_2a50;

  /** The first bytes of compressed data that no container engine unpacks, by name. */
  private static final Map<String, byte[]> UNKNOWN =
      Map.of(
          "xz", new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0},
          "bzip2", new byte[] {'B', 'Z', 'h'},
          "lzip", new byte[] {'L', 'Z', 'I', 'P'},
          "lz4", new byte[] {0x04, 0x22, 0x4d, 0x18});

  private static final int BUFFER_BYTES = 128 << 10;

  /** Log2 of the largest zstd window: 128 MiB, what zstd itself takes without being asked. */
  private static final int MAX_WINDOW_LOG = 27;

  /**
   * Returns the tar in a layer that is a plain tar, or one compressed by gzip or zstd.
   *
   * @throws TarFormatException if the first bytes are those of another compression
   */
  static InputStream tar(InputStream layer) throws IOException {
    var in = new BufferedInputStream(layer, BUFFER_BYTES);
    in.mark(MAGIC_BYTES);
    var start = Arrays.copyOf(in.readNBytes(MAGIC_BYTES), MAGIC_BYTES);
    in.reset();
    if (startsWith(start, GZIP_MAGIC)) {
      return new GZIPInputStream(in, BUFFER_BYTES);
    }
    var magic = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (magic == ZSTD_MAGIC || (magic & ~0xf) == ZSTD_SKIPPABLE_MAGIC) {
      return new ZstdInputStreamNoFinalizer(in).setLongMax(MAX_WINDOW_LOG);
    }
    for (var unknown : UNKNOWN.entrySet()) {
      if (startsWith(start, unknown.getValue())) {
        throw new TarFormatException(
            "it is compressed by " + unknown.getKey() + ": " + TarReader.NO_TAR);
      }
    }
    return in;
  }

  private static boolean startsWith(byte[] bytes, byte[] magic) {
    return Arrays.equals(Arrays.copyOf(bytes, magic.length), magic);
  }

  private LayerInput() {}
}
