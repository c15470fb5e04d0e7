package dev.lazuli.estargz.toc;

import static dev.lazuli.estargz.toc.TocFixture.DIGEST;
import static dev.lazuli.estargz.toc.TocFixture.file;
import static dev.lazuli.estargz.toc.TocFixture.index;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.LayerFormatException;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TocDigestTest {
  @Test
  void digests_areReadWhereverTheyLie_andHoweverTheyAreWritten() throws IOException {
    var random = new Random(1);
    var digests = new byte[2000][32];
    var entries = new String[digests.length];
    for (int i = 0; i < entries.length; i++) {
      random.nextBytes(digests[i]);
      var hex = HexFormat.of().formatHex(digests[i]);
      var written =
          switch (i % 4) {
            case 1 -> hex.toUpperCase(Locale.ROOT);
            case 2 -> "\\u00%02x".formatted((int) hex.charAt(0)) + hex.substring(1);
            default -> hex;
          };
      entries[i] =
          "{'name':'f%d','type':'reg','size':1,'offset':%d,'digest':  'sha256:%s'}"
              .formatted(i, i + 1, written);
    }
    try (var index = index(entries)) {
      var digest = new byte[32];
      for (int i = 0; i < entries.length; i++) {
        index.chunkDigest(i, digest);
        assertThat(digest).as("digest %d", i).isEqualTo(digests[i]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha256:gb01010101010101010101010101010101010101010101010101010101010101",
        "sha256:0b0101010101010101010101010101010101010101010101010101010101010:",
        "sha256:0b010101010101010101010101010101010101010101010101010101010101",
        "sha256:0b01010101010101010101010101010101010101010101010101010101010101aa",
        "sha512:0b01010101010101010101010101010101010101010101010101010101010101",
        "0b01010101010101010101010101010101010101010101010101010101010101"
      })
  void textThatIsNoDigest_isRefused(String text) {
    assertThatThrownBy(() -> index(file("f", 1, 1).replace(DIGEST, text)))
        .isInstanceOf(LayerFormatException.class)
        .hasMessageContaining("sha256:<64 hex digits>");
  }
}
