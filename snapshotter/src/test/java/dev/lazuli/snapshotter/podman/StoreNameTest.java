package dev.lazuli.snapshotter.podman;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StoreNameTest {
  private static final String TOC = "sha256:" + "0f".repeat(32);

  private static String encoded(String reference) {
    return Base64.getEncoder().encodeToString(reference.getBytes(ISO_8859_1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docker.io/library/python:3",
        "localhost:5000/a/b_c:latest",
        "[::1]:5000/x:1",
        "registry.example/x@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      })
  void reference_inItsFullForm_isAName(String reference) {
    assertThat(StoreName.parse(encoded(reference), TOC))
        .hasValueSatisfying(
            name -> {
              assertThat(name.image()).isEqualTo(reference);
              assertThat(name.toc()).hasToString(TOC);
              assertThat(name.directory()).isEqualTo(encoded(reference));
            });
  }

  /** Otherwise one layer had several names, each with a count of its own. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "python",
        "python:3",
        "docker.io/python:3",
        "index.docker.io/library/python:3",
        ""
      })
  void reference_inAShortForm_isNone(String reference) {
    assertThat(StoreName.reference(encoded(reference))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docker.io/library/../x:3",
        "docker.io/library/python:3 ",
        "docker.io/library/python:3\n",
        "docker.io/library/python:3\0",
        "docker.io/library/pyth\u00f6n:3",
        "-rf/x:1",
        "https://docker.io/library/python:3"
      })
  void text_thatIsNoReference_isNone(String text) {
    assertThat(StoreName.reference(encoded(text))).isEmpty();
  }

  @Test
  void encoding_otherThanTheOne_isNone() {
    var right = encoded("localhost:5000/ab:1");
    assertThat(right).endsWith("=");
    assertThat(StoreName.reference(right)).isPresent();

    assertThat(StoreName.reference(right.replace("=", ""))).isEmpty();
    assertThat(StoreName.reference(right + "=")).isEmpty();
    assertThat(StoreName.reference(right + "\n")).isEmpty();
    int last = right.indexOf('=') - 1;
    var otherBits = (char) (right.charAt(last) + 1);
    assertThat(
            StoreName.reference(right.substring(0, last) + otherBits + right.substring(last + 1)))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sha256:0f", "SHA256:", "sha512:", "", ".", "..", "pool", "use"})
  void layer_thatIsNoDigest_isNone(String name) {
    assertThat(StoreName.toc(name)).isEmpty();
    assertThat(StoreName.toc(TOC.toUpperCase(java.util.Locale.ROOT))).isEmpty();
    assertThat(StoreName.toc(TOC + "0")).isEmpty();
  }

  @Test
  void bytesByChance_areRefusedWithoutAnException() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int i = 0; i < 5000; i++) {
      var bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      var text = new String(bytes, ISO_8859_1);
      assertThat(StoreName.reference(text)).as("seed %d", seed).isEmpty();
      assertThat(StoreName.reference(encoded(text))).as("seed %d", seed).isEmpty();
      assertThat(StoreName.toc(text)).as("seed %d", seed).isEmpty();
    }
  }
}
