package dev.lazuli.estargz.ztoc;

import static dev.lazuli.estargz.ztoc.ZtocFiles.digests;
import static dev.lazuli.estargz.ztoc.ZtocFiles.entry;
import static dev.lazuli.estargz.ztoc.ZtocFiles.plain;
import static dev.lazuli.estargz.ztoc.ZtocFiles.xattr;
import static dev.lazuli.estargz.ztoc.ZtocFiles.zinfo;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.ztoc.FlatWriter.Table;
import dev.lazuli.estargz.ztoc.ZtocFiles.Row;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read of ztocs, and what is refused. */
class ZtocTest {
  private static final byte[] TAR = new byte[10_000];

  private static Ztoc read(byte[] file, long blobBytes) throws IOException {
    return Ztoc.read("layer", ByteBuffer.wrap(file), blobBytes, Limits.DEFAULT);
  }

  private static void refused(String what, List<Table> entries) {
    assertThatThrownBy(
            () -> new ZtocLayerView(plain(TAR, 4096, entries), TAR.length, Limits.DEFAULT).close())
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining(what);
  }

  @Test
  void fileMadeBySoci_hasTheSpansOfItsBlob() throws IOException {
    var blob = ZtocFiles.realLayer();

    var ztoc = read(ZtocFiles.real(), blob.length);

    assertThat(ztoc.compression()).isEqualTo(Compression.GZIP);
    var spans = ztoc.spans();
    assertThat(spans.count()).isGreaterThan(2);
    for (int span = 0; span < spans.count(); span++) {
      var bytes = Arrays.copyOfRange(blob, (int) spans.start(span), (int) spans.end(span));
      assertThat(spans.digest(span)).isEqualTo(Digest.sha256(bytes));
      assertThat(spans.holding(spans.tarOffset(span))).isEqualTo(span);
      assertThat(spans.holding(spans.tarEnd(span) - 1)).isEqualTo(span);
    }
  }

  @Test
  void uncompressedLayer_hasSpansOfOneSize() throws IOException {
    var ztoc = read(plain(TAR, 4096, List.of()), TAR.length);

    assertThat(ztoc.compression()).isEqualTo(Compression.NONE);
    assertThat(ztoc.spans().count()).isEqualTo(3);
    assertThat(ztoc.spans().start(2)).isEqualTo(8192);
    assertThat(ztoc.spans().end(2)).isEqualTo(TAR.length);
    assertThat(ztoc.spans().bit(1)).isEqualTo(ZtocSpans.STREAM);
  }

  @Test
  void damageWithinTheSpanSize_namesTheLayer() throws IOException {
    var file = plain(TAR, 4096, List.of());
    var spanSize = FlatWriter.write(new Table(2, 4096L, (long) TAR.length));
    int at = new String(file, ISO_8859_1).indexOf(new String(spanSize, ISO_8859_1));
    Arrays.fill(file, at, at + Integer.BYTES, (byte) 0);

    assertThatThrownBy(() -> read(file, TAR.length))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageStartingWith("layer layer: ztoc offset");
  }

  @Test
  void file_isSplitAtTheEndsOfSpans() throws IOException {
    var entries =
        List.of(
            entry("d/", "dir", 512, 0),
            entry("d/a", "reg", 1024, 2000, xattr("user.a", "b")),
            entry("d/b", "reg", 3584, 6000),
            entry("d/null", "char", 9728, 0));

    try (var layer = new ZtocLayerView(plain(TAR, 4096, entries), TAR.length, Limits.DEFAULT)) {
      assertThat(layer.chunks)
          .containsExactly(
              new ZtocLayerView.Chunk(0, 2000, 0, 1024),
              new ZtocLayerView.Chunk(4096, 512, 0, 3584),
              new ZtocLayerView.Chunk(4608, 4096, 1, 0),
              new ZtocLayerView.Chunk(8704, 1392, 2, 0));
    }
  }

  @Test
  void entries_thatLieAboutTheirPlaces_areRefused() {
    refused("place of b", List.of(entry("a", "reg", 512, 100), entry("b", "reg", 600, 100)));
    refused("place of a", List.of(entry("a", "reg", 9_950, 100)));
    refused("place of a", List.of(entry("a", "reg", -1, 100)));
    refused("place of a", List.of(entry("a", "reg", 512, Long.MAX_VALUE)));
    refused("place of a", List.of(entry("a", "reg", Long.MAX_VALUE, 1)));
    refused("size of a", List.of(entry("a", "reg", 512, -1)));
  }

  @Test
  void entries_thatNoTarMayHave_areRefused() {
    refused("type of a", List.of(entry("a", "socket", 512, 0)));
    refused("text or vector", List.of(entry("a".repeat(9000), "dir", 0, 0)));
    refused("name", List.of(entry("a".repeat(300), "dir", 0, 0)));
    refused("sparse", List.of(entry("a", "reg", 512, 1, new Table("GNU.sparse.major", "1"))));
    refused(
        "attributes of a",
        List.of(
            entry(
                "a",
                "dir",
                0,
                0,
                xattr("user.a", "x".repeat(65_000)),
                xattr("user.b", "y".repeat(900)))));
    refused("entry", List.of(entry(".prefetch.landmark", "reg", 512, 1)));
    refused("text", List.of(entry("\ufffd", "dir", 0, 0)));
  }

  @Test
  void tablesThatAreNamedAgainAndAgain_areRefused() throws IOException {
    var bytes = ByteBuffer.allocate(4 << 10).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, 8).putShort(4, (short) 4).putInt(8, 4);
    var file = new FlatBytes("layer", bytes);

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 4 << 10; i++) {
                var _ = file.table(0);
              }
            })
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("not to be repeated");
  }

  @ParameterizedTest
  @CsvSource({
    // in, out, bits of the second checkpoint; what is named
    "10, 4096, 0, checkpoint 1",
    "11, 4096, 3, checkpoint 1",
    "500, 0, 0, checkpoint 0",
    "500, 10000, 0, checkpoint 1",
    "500, -5, 0, checkpoint 0",
    "1000, 4096, 0, checkpoint 1",
    "-9, 4096, 0, checkpoint 1",
    "500, 4096, 8, bits",
    "500, 4096, -1, bits"
  })
  void checkpoints_thatAreNotInOrder_areRefused(long in, long out, int bits, String what) {
    var zinfo = zinfo(2, new Row(10, 0, 0), new Row(in, out, bits));
    var file = ZtocFiles.gzip(1000, 10_000, List.of(), digests(2), zinfo);

    assertThatThrownBy(() -> read(file, 1000))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining(what);
  }

  @Test
  void firstCheckpoint_mayBeLeftOut() throws IOException {
    var zinfo = zinfo(2, new Row(500, 4096, 3));

    var spans = read(ZtocFiles.gzip(1000, 10_000, List.of(), digests(2), zinfo), 1000).spans();

    assertThat(spans.start(0)).isEqualTo(10);
    assertThat(spans.end(0)).isEqualTo(500);
    assertThat(spans.start(1)).isEqualTo(499);
    assertThat(spans.bit(1)).isEqualTo(5);
    assertThat(spans.window(0).remaining()).isEqualTo(32 << 10);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 1 << 20})
  void checkpoints_thatAreNotAsManyAsDigests_areRefused(int count) {
    var zinfo = zinfo(count, new Row(10, 0, 0), new Row(500, 4096, 0));
    var file = ZtocFiles.gzip(1000, 10_000, List.of(), digests(2), zinfo);

    assertThatThrownBy(() -> read(file, 1000)).isInstanceOf(LayerFormatException.class);
  }

  @Test
  void ztocOfAnotherBlob_isRefused() {
    assertThatThrownBy(() -> read(plain(TAR, 4096, List.of()), TAR.length + 1))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("size of the layer");
  }

  @Test
  void spanThatNobodyWouldWaitFor_isRefused() {
    var zinfo = zinfo(1, new Row(10, 0, 0));
    long tar = 65L << 20;
    var file = ZtocFiles.gzip(1 << 20, tar, List.of(entry("a", "reg", 512, 1)), digests(1), zinfo);

    assertThatThrownBy(() -> new ZtocLayerView(file, 1 << 20, Limits.DEFAULT).close())
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("span 0");
  }

  /** Never an index out of bounds, nor another error that is not an IOException. */
  @Test
  void spansWithoutEnd_areRefusedBeforeTheyAreOnTheHeap() {
    var tar = new byte[(1 << 14) + 1];

    assertThatThrownBy(() -> read(plain(tar, 1, List.of()), tar.length))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("digests of spans")
        .hasMessageContaining("at most 16384");
  }

  @Test
  void anyChange_isReadOrRefused() throws IOException {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var entries = List.of(entry("d", "dir", 0, 0), entry("d/a", "reg", 512, 9, xattr("a", "b")));
    var right = plain(TAR, 4096, entries);
    for (int run = 0; run < 20_000; run++) {
      var file = right.clone();
      for (int change = random.nextInt(3); change >= 0; change--) {
        int at = random.nextInt(file.length - 4);
        int value = random.nextBoolean() ? random.nextInt() : random.nextInt(-8, 600);
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
      }
      int length = random.nextInt(4) > 0 ? file.length : random.nextInt(file.length);
      try {
        new ZtocLayerView(Arrays.copyOf(file, length), TAR.length, Limits.DEFAULT).close();
      } catch (IOException e) {
        assertThat(e).as("seed %d", seed).hasMessageNotContaining("Exception");
      }
    }
  }
}
