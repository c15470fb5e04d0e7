package dev.lazuli.digest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DigestTest {
  // The digests of "abc" in FIPS 180-4's examples.
  private static final String ABC_256 =
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  private static final String ABC_512 =
      "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
  private static final byte[] ABC = "abc".getBytes(UTF_8);

  @ParameterizedTest
  @ValueSource(strings = {ABC_256, ABC_512})
  void digest_isWrittenAsItWasRead(String text) {
    var digest = Digest.parse(text);

    assertThat(digest)
        .hasToString(text)
        .isEqualTo(Digest.parse(text))
        .hasSameHashCodeAs(text(text));
    assertThat(digest.algorithm() + ":" + digest.hex()).isEqualTo(text);
    assertThat(digest.matches(ABC)).isTrue();
    assertThat(digest.matches(new byte[3])).isFalse();
    assertThat(digest.newHash().digest(ABC)).isEqualTo(digest.bytes());
  }

  private static Digest text(String text) {
    return Digest.parse(new String(text.toCharArray()));
  }

  @Test
  void sha256_isThatOfTheContent() throws IOException {
    assertThat(Digest.sha256(ABC)).hasToString(ABC_256);
    assertThat(Digest.sha256(new ByteArrayInputStream(ABC))).hasToString(ABC_256);
    assertThat(Digest.ofSha256(Digest.newSha256().digest(ABC))).hasToString(ABC_256);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "sha256",
        "sha256:",
        "md5:900150983cd24fb0d6963f7d28e17f72",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
        "sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:../816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        " sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:\u0661a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
      })
  void textThatIsNoDigest_isRefused(String text) {
    assertThat(Digest.isDigest(text)).isFalse();
    assertThatThrownBy(() -> Digest.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("digest ");
  }

  @Test
  void foreignText_isShownShortAndPrintable() {
    assertThatThrownBy(() -> Digest.parse("\n\u202e" + "x".repeat(1000)))
        .hasMessageMatching("[ -~]{1,200}");
  }

  @Test
  void sha512_isRefusedWhereASha256IsMeant() {
    assertThat(Digest.parseSha256(ABC_256)).hasToString(ABC_256);
    assertThatThrownBy(() -> Digest.parseSha256(ABC_512))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a sha256 digest");
    assertThatThrownBy(() -> Digest.ofSha256(new byte[64]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void bytes_areNotSharedWithAnybody() {
    byte[] bytes = Digest.parse(ABC_256).bytes();
    var digest = Digest.ofSha256(bytes);

    Arrays.fill(bytes, (byte) 0);
    Arrays.fill(digest.bytes(), (byte) 0);

    assertThat(digest).hasToString(ABC_256);
  }

  @Test
  void order_isThatOfTheTexts() {
    var low = Digest.parse("sha256:00" + "f".repeat(62));
    var high = Digest.parse("sha256:ff" + "0".repeat(62));

    assertThat(low).isLessThan(high).isEqualByComparingTo(text(low.toString()));
    assertThat(Digest.parse(ABC_512)).isGreaterThan(high);
  }
}
