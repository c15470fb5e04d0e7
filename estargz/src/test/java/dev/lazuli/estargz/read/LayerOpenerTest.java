package dev.lazuli.estargz.read;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.TestLimits;
import dev.lazuli.estargz.footer.FooterBytes;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;

class LayerOpenerTest {
  private static final int TAIL = Limits.DEFAULT.tailBytes();
  private static final String JSON =
      "{\"version\":1,\"entries\":[{\"name\":\"d\",\"type\":\"dir\"}]}";

  @Test
  void footerAndToc_inOneRequest() throws IOException {
    var blob = new MemoryBlob(layer(500_000, tocTar("stargz.index.json", JSON)));
    try (var index = open(blob, json(JSON))) {
      assertThat(index.inodeCount()).isEqualTo(2);
      assertThat(index.format()).isEqualTo(LayerFormat.ESTARGZ);
      assertThat(blob.requests).containsExactly(blob.size() - TAIL + "+" + TAIL);
    }
  }

  @Test
  void aLargeToc_takesASecondRequest_forWhatIsMissingOnly() throws IOException {
    var json = incompressible(300_000);
    var blob = new MemoryBlob(layer(1000, tocTar("stargz.index.json", json)));
    try (var index = open(blob, json(json))) {
      assertThat(index.inodeCount()).isEqualTo(1);
      assertThat(blob.requests).hasSize(2);
      assertThat(blob.requests.get(1)).isEqualTo("1000+" + (blob.size() - TAIL - 1000));
    }
  }

  @Test
  void anotherToc_isRefused() throws IOException {
    var blob = new MemoryBlob(layer(1000, tocTar("stargz.index.json", JSON)));

    assertThatThrownBy(() -> open(blob, json(JSON + " ")).close())
        .isInstanceOfSatisfying(
            DigestMismatchException.class,
            e -> {
              assertThat(e.layer()).isEqualTo("test");
              assertThat(e.part()).isEqualTo("TOC");
              assertThat(e.actual()).isEqualTo(sha256(JSON).toString());
            });
  }

  @Test
  void theDigestCoversTheWholeEntry_alsoSpaceBehindTheDocument() throws IOException {
    var spaced = JSON + " \n".repeat(5000);
    var blob = new MemoryBlob(layer(1000, tocTar("stargz.index.json", spaced)));
    try (var index = open(blob, json(spaced))) {
      assertThat(index.tocDigest()).isEqualTo(sha256(spaced).bytes());
    }
  }

  @Test
  void anUnverifiedLayer_opensOnlyWhenAsked() throws IOException {
    var file = "{\"entries\":[{\"name\":\"f\",\"type\":\"reg\",\"size\":5,\"offset\":9}]}";
    var blob = new MemoryBlob(layer(1000, tocTar("stargz.index.json", file)));

    assertThatThrownBy(() -> open(blob, json(file)).close()).hasMessageContaining("digest");
    try (var index = open(blob, new TocTrust.Unverified())) {
      assertThat(index.chunkCount()).isEqualTo(1);
    }
  }

  @Test
  void anotherNameInTheTar_isRefused() throws IOException {
    var blob = new MemoryBlob(layer(1000, tocTar("index.json", JSON)));

    assertThatThrownBy(() -> open(blob, json(JSON)).close())
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("TOC tar entry name is \"index.json\"");
  }

  @Test
  void aPlainLayer_hasNoFooter() {
    var blob = new MemoryBlob(new byte[100_000]);

    assertThatThrownBy(() -> open(blob, json(JSON)).close())
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("footer is \"missing\"");
  }

  @Test
  void anExternalToc_mustBeHandedIn() throws IOException {
    var layer = new ByteArrayOutputStream();
    layer.writeBytes(new byte[1000]);
    layer.writeBytes(FooterBytes.externalToc());
    var blob = new MemoryBlob(layer.toByteArray());
    var toc = new MemoryBlob(gzip(tocTar("stargz.index.json", JSON)));
    var request = OpenRequest.of("test", blob, json(JSON));
    try (var opener = new LayerOpener(Limits.DEFAULT)) {
      assertThatThrownBy(() -> opener.open(request).close()).hasMessageContaining("another blob");
      try (var index = opener.open(request.withExternalToc(toc))) {
        assertThat(index.format()).isEqualTo(LayerFormat.ESTARGZ_EXTERNAL_TOC);
        assertThat(blob.requests).hasSize(1);
      }
    }
  }

  @Test
  void everyCutOfTheToc_isAnError() throws IOException {
    var toc = gzip(tocTar("stargz.index.json", JSON));
    try (var opener = new LayerOpener(Limits.DEFAULT)) {
      for (int cut = 1; cut < toc.length - 40; cut++) {
        var part = new MemoryBlob(Arrays.copyOf(toc, cut));
        var request =
            OpenRequest.of("test", new MemoryBlob(new byte[100]), new TocTrust.Unverified())
                .withExternalToc(part);
        assertThatThrownBy(() -> opener.open(request).close())
            .as("cut at " + cut)
            .isInstanceOfAny(EOFException.class, LayerFormatException.class);
      }
    }
  }

  @Test
  void aBombOfAToc_isStoppedAtTheLimit() throws IOException {
    var bomb = new byte[30 << 20];
    Arrays.fill(bomb, (byte) ' ');
    var limits = TestLimits.withTocBytes(1 << 20);
    var blob = new MemoryBlob(layer(1000, tocTar("stargz.index.json", new String(bomb, UTF_8))));
    try (var opener = new LayerOpener(limits)) {
      assertThatThrownBy(
              () -> opener.open(OpenRequest.of("test", blob, new TocTrust.Unverified())).close())
          .isInstanceOf(LayerFormatException.class)
          .hasMessageContaining("at most 1048576");
    }
  }

  private static TocTrust json(String json) {
    return new TocTrust.Json(sha256(json));
  }

  private static Digest sha256(String text) {
    return Digest.sha256(text.getBytes(UTF_8));
  }

  private static LayerIndex open(MemoryBlob blob, TocTrust trust) throws IOException {
    try (var opener = new LayerOpener(Limits.DEFAULT)) {
      return opener.open(OpenRequest.of("test", blob, trust));
    }
  }

  private static byte[] layer(int payload, byte[] tocTar) throws IOException {
    var out = new ByteArrayOutputStream();
    out.writeBytes(new byte[payload]);
    out.writeBytes(gzip(tocTar));
    out.writeBytes(FooterBytes.estargz(payload));
    return out.toByteArray();
  }

  private static byte[] tocTar(String name, String json) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var tar = new TarArchiveOutputStream(out)) {
      var entry = new TarArchiveEntry(name);
      var bytes = json.getBytes(UTF_8);
      entry.setSize(bytes.length);
      tar.putArchiveEntry(entry);
      tar.write(bytes);
      tar.closeArchiveEntry();
    }
    return out.toByteArray();
  }

  private static byte[] gzip(byte[] raw) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(raw);
    }
    return out.toByteArray();
  }

  /** Returns a TOC without entries that stays large when it is compressed. */
  private static String incompressible(int size) {
    var noise = new Random(1);
    var text = new StringBuilder("{\"x\":[0");
    while (text.length() < size) {
      text.append(',').append(noise.nextLong());
    }
    return text.append("],\"entries\":[]}").toString();
  }
}
