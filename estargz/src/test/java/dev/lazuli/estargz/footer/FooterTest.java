package dev.lazuli.estargz.footer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.TestLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FooterTest {
  private static final long BLOB = 1_000_000;

  private static Optional<Footer> find(byte[] footer) throws IOException {
    var tail = new byte[200];
    System.arraycopy(footer, 0, tail, tail.length - footer.length, footer.length);
    return Footer.find("test", tail, BLOB, Limits.DEFAULT);
  }

  @Test
  void estargz_isAsThePeerWritesIt() throws IOException {
    var peers =
        HexFormat.of()
            .parseHex(
                "1f8b08040000000000ff1a00534716003030303030303030303030303030666653544152475a"
                    + "010000ffff0000000000000000");

    assertThat(FooterBytes.estargz(255)).isEqualTo(peers).hasSize(51);
    assertThat(find(peers)).contains(new Footer(LayerFormat.ESTARGZ, 255, BLOB - 51, 255));
  }

  @Test
  void stargz_isTheSameWithoutTheSubfield() throws IOException {
    var bytes = new byte[47];
    put(
        bytes,
        0,
        "\u001f\u008b\10\4\0\0\0\0\0\u00ff\26\0" + "000000000000abcdSTARGZ\1\0\0\u00ff\u00ff");

    assertThat(find(bytes)).contains(new Footer(LayerFormat.STARGZ, 0xabcd, BLOB - 47, 0xabcd));
  }

  @Test
  void externalToc_pointsNowhere() throws IOException {
    assertThat(FooterBytes.externalToc()).hasSize(46);
    assertThat(find(FooterBytes.externalToc()))
        .contains(new Footer(LayerFormat.ESTARGZ_EXTERNAL_TOC, -1, -1, BLOB - 46));
  }

  @Test
  void zstdFooters_areToldApartByTheirMagic() throws IOException {
    assertThat(find(FooterBytes.zstdChunked(5000, 300, 4000)))
        .contains(new Footer(LayerFormat.ZSTD_CHUNKED, 5000, 5300, 4992));
    assertThat(find(containers(5000, 300, 4000, 1)))
        .contains(new Footer(LayerFormat.ZSTD_CHUNKED_CONTAINERS, 5000, 5300, 4992));
  }

  @Test
  void gzipFooters_areEmptyMembers() throws IOException {
    for (var footer : new byte[][] {FooterBytes.estargz(7), FooterBytes.externalToc()}) {
      try (var in = new GZIPInputStream(new ByteArrayInputStream(footer))) {
        assertThat(in.readAllBytes()).isEmpty();
      }
    }
  }

  @Test
  void whatFollowsTheFacts_differsBetweenWriters() throws IOException {
    var footer = FooterBytes.estargz(255);
    footer[38] = 3;
    footer[39] = 0;

    assertThat(find(footer)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 39, 46, 63})
  void shortBlobs_haveNoFooter(int size) throws IOException {
    assertThat(Footer.find("test", new byte[size], size, Limits.DEFAULT)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {BLOB, BLOB - 51, Long.MAX_VALUE, Long.MIN_VALUE, -1})
  void aTocOffsetOutOfTheBlob_isRefused(long offset) {
    assertThatThrownBy(() -> find(FooterBytes.estargz(offset)))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("footer TOC offset");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-00000000000000f", "+0000000000000ff", "zzzzzzzzzzzzzzzz", "0x000000000000ff"})
  void aTocOffsetThatIsNoHexNumber_isRefused(String digits) {
    var footer = FooterBytes.estargz(255);
    put(footer, 16, digits);

    assertThatThrownBy(() -> find(footer)).hasMessageContaining("16 hex digits");
  }

  @Test
  void zstdNumbersOutOfRange_areRefused() {
    for (long bad : new long[] {-1, 0, 7, BLOB, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> find(FooterBytes.zstdChunked(bad, 300, 4000)))
          .hasMessageContaining("TOC offset");
    }
    for (long bad : new long[] {-1, 0, BLOB, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> find(FooterBytes.zstdChunked(5000, bad, 4000)))
          .hasMessageContaining("TOC compressed size");
      if (bad != BLOB) {
        assertThatThrownBy(() -> find(containers(5000, 300, bad, 1)))
            .hasMessageContaining("TOC size");
      }
    }
    assertThatThrownBy(() -> find(containers(5000, 300, 4000, 2))).hasMessageContaining("type");
  }

  @Test
  void aTocOverTheLimit_isRefused() {
    var limits = TestLimits.withTocCompressedBytes(1000);

    assertThatThrownBy(() -> Footer.find("test", FooterBytes.estargz(9), BLOB, limits))
        .hasMessageContaining("compressed TOC bytes is 999940, allowed: at most 1000");
  }

  @Test
  void theShortestExternalTocFooter_ofThePeersCrash_isNone() throws IOException {
    var cut = Arrays.copyOfRange(FooterBytes.externalToc(), 2, 46);

    assertThat(Footer.find("test", cut, cut.length, Limits.DEFAULT)).isEmpty();
  }

  private static byte[] containers(long offset, long compressed, long size, long type) {
    return ByteBuffer.allocate(64)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(offset)
        .putLong(compressed)
        .putLong(size)
        .putLong(type)
        .putLong(0)
        .putLong(0)
        .putLong(0)
        .put("GNUlInUx".getBytes(ISO_8859_1))
        .array();
  }

  private static void put(byte[] bytes, int at, String text) {
    System.arraycopy(text.getBytes(ISO_8859_1), 0, bytes, at, text.length());
  }
}
