package dev.lazuli.estargz.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.build.SampleTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PackedHeadersTest {
  private static byte[] packed(byte[] headers) throws IOException {
    var out = new ByteArrayOutputStream();
    var packing = new PackedHeaders(out);
    packing.write(headers, 0, headers.length);
    packing.finish();
    return out.toByteArray();
  }

  private static byte[] unpacked(byte[] packed) throws IOException {
    return new UnpackedHeaders(new ByteArrayInputStream(packed), "test").readAllBytes();
  }

  /** The last block is filled. */
  private static void assertComesBack(byte[] headers) throws IOException {
    int blocks = (headers.length + 511) / 512;
    assertThat(unpacked(packed(headers))).isEqualTo(Arrays.copyOf(headers, 512 * blocks));
  }

  private static byte[] headersOfEmptyFiles(int count) throws IOException {
    var tar = new SampleTar();
    for (int i = 0; i < count; i++) {
      tar.file(
          "usr/share/doc/package" + i / 7 + "/file-" + Integer.toHexString(i * 31), new byte[0]);
    }
    return tar.bytes();
  }

  @Test
  void headersOfATar_comeBack_inLessThanDeflatedBytes() throws IOException {
    byte[] headers = headersOfEmptyFiles(9000);

    assertComesBack(headers);
    assertThat(packed(headers).length).isLessThan(deflated(headers) / 2);
  }

  private static int deflated(byte[] bytes) {
    try (var deflater = new Deflater(Deflater.BEST_COMPRESSION)) {
      deflater.setInput(bytes);
      deflater.finish();
      return deflater.deflate(new byte[bytes.length]);
    }
  }

  /**
   * Most of them are a few values, so that fields are alike, end in zeros, and have zeros within.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 511, 512, 513, 100_000, 3_000_000})
  void anyBytes_comeBack(int size) throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    byte[] random256 = new byte[size];
    random.nextBytes(random256);
    byte[] few = new byte[size];
    for (int at = 0; at < size; at++) {
      few[at] = (byte) (random.nextInt(40) == 0 ? random.nextInt(256) : random.nextInt(2));
    }

    assertComesBack(random256);
    assertComesBack(few);
    assertComesBack(new byte[size]);
  }

  private static byte[] batch(int blocks, int packedBytes, byte[] frame) {
    var bytes = ByteBuffer.allocate(8 + frame.length).order(ByteOrder.LITTLE_ENDIAN);
    return bytes.putInt(blocks).putInt(packedBytes).put(frame).array();
  }

  private static byte[] batch(int blocks, byte... columns) {
    byte[] frame = Zstd.compress(columns);
    return batch(blocks, frame.length, frame);
  }

  private static void assertRefused(byte[] packed, String reason) {
    assertThatThrownBy(() -> unpacked(packed))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void batchesThatClaimTooMuch_areRefused_beforeAnythingIsUnpacked() {
    byte[] frame = Zstd.compress(new byte[2]);

    assertRefused(batch(0, frame.length, frame), "blocks");
    assertRefused(batch(-1, frame.length, frame), "blocks");
    assertRefused(batch(4097, frame.length, frame), "blocks");
    assertRefused(batch(1, -1, frame), "packed bytes");
    assertRefused(batch(1, 0, frame), "packed bytes");
    assertRefused(batch(1, Integer.MAX_VALUE, frame), "packed bytes");
    assertRefused(batch(1, frame.length, new byte[frame.length]), "zstd data");
    assertRefused(batch(1, new byte[(512 << 10) + 1]), "zstd data");
  }

  @Test
  void columnsThatContradictEachOther_areRefused() throws IOException {
    assertThat(unpacked(batch(1, new byte[] {0, 0}))).hasSize(512);
    assertRefused(batch(2, new byte[] {0, 0}), "bytes of columns");
    assertRefused(batch(1, new byte[] {0, 0, 0}), "bytes of columns");
    assertRefused(batch(1, new byte[] {2, 0}), "bytes of columns"); // A mode without a length.
    assertRefused(batch(1, new byte[] {2, 0, 3, 1, 1}), "bytes of columns");
    assertRefused(batch(1, new byte[] {2, 0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1}), "end of field 1");
    assertRefused(batch(1, new byte[] {1, 0, 100, 1, 1}), "end of field 0"); // A name.
    assertRefused(batch(1, new byte[] {1, 0, (byte) 255, 0}), "end of field 0");
  }

  @Test
  void inputThatEndsEarly_saysSo() throws IOException {
    byte[] packed = packed(new byte[1000]);
    for (int size = 1; size < packed.length; size++) {
      byte[] cut = Arrays.copyOf(packed, size);
      assertThatThrownBy(() -> unpacked(cut)).isInstanceOf(EOFException.class);
    }
  }
}
