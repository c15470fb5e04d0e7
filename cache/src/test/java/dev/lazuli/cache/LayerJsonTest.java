package dev.lazuli.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LayerJsonTest {
  private static final Digest DIGEST = Digest.parse("sha256:" + "ab".repeat(32));
  private static final Digest TOC = Digest.sha256(new byte[1]);
  private static final Digest COMPRESSED = Digest.sha256(new byte[2]);
  private static final Instant CREATED = Instant.parse("2026-03-04T05:06:07.123456789Z");
  private static final LayerRecord WHOLE =
      new LayerRecord(
          DIGEST,
          1L << 40,
          "ESTARGZ",
          "GZIP",
          TOC,
          COMPRESSED,
          Integer.MAX_VALUE,
          List.of("registry.example/a:1", "quote\"d"),
          CREATED,
          CREATED.plusSeconds(5),
          -1,
          CREATED.plusSeconds(9));

  /** As versions before this one wrote it. */
  private static final String TEXT =
      """
      {
        "digest" : "%s",
        "size" : 1099511627776,
        "format" : "ESTARGZ",
        "compression" : "GZIP",
        "tocDigest" : "%s",
        "compressedTocDigest" : "%s",
        "slot" : 2147483647,
        "references" : [ "registry.example/a:1", "quote\\"d" ],
        "created" : "2026-03-04T05:06:07.123456789Z",
        "completed" : "2026-03-04T05:06:12.123456789Z",
        "prefetchEnd" : -1,
        "pinned" : "2026-03-04T05:06:16.123456789Z"
      }\
      """
          .formatted(DIGEST, TOC, COMPRESSED);

  @TempDir Path directory;

  private LayerRecord read(String text) throws IOException {
    return LayerJson.read(Disk.LOCAL, Files.writeString(directory.resolve("layer.json"), text));
  }

  @Test
  void text_isWhatItAlwaysWas() throws Exception {
    assertThat(new String(LayerJson.write(WHOLE), UTF_8)).isEqualTo(TEXT);
    assertThat(read(TEXT)).isEqualTo(WHOLE);
  }

  @Test
  void lieOfRegistries_staysOne() throws Exception {
    var lied = WHOLE.withProof(new LayerProof(null, "its blob is another", true, CREATED));

    assertThat(read(new String(LayerJson.write(lied), UTF_8))).isEqualTo(lied);
  }

  @Test
  void aProofThatLeftTheFilesOut_isNone_butALieStaysOne() throws Exception {
    var proved = WHOLE.withProof(new LayerProof(DIGEST, null, CREATED));
    var text = new String(LayerJson.write(proved), UTF_8);
    var lied = WHOLE.withProof(new LayerProof(null, "it is another", CREATED));
    var lie = new String(LayerJson.write(lied), UTF_8);

    assertThat(read(text)).isEqualTo(proved);
    assertThat(read(text.replace("proofCovers", "before")).proof()).isNull();
    assertThat(read(lie.replace("proofCovers", "before"))).isEqualTo(lied);
  }

  @Test
  void whatIsNotKnown_staysUnknown() throws Exception {
    var bare = LayerRecord.of(DIGEST, 0, "PULLED", "GZIP", null, 0);
    var text = new String(LayerJson.write(bare), UTF_8);

    assertThat(text).contains("\"completed\" : null", "\"references\" : [ ]");
    assertThat(read(text)).isEqualTo(bare);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "\"text\"",
        "1.5",
        "99999999999999999999",
        "[ 1 ]",
        "[ { \"x\" : [] }, null ]",
        "{ \"size\" : [ 1 ], \"references\" : 2 }"
      })
  void fieldOfAnotherVersion_isPassedOver(String value) throws Exception {
    assertThat(read(TEXT.replace("\"format\"", "\"later\" : " + value + ", \"format\"")))
        .isEqualTo(WHOLE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{}",
        "{\"digest\" : \"sha256:ab",
        "\"created\" : \"yesterday\"",
        "\"size\" : \"many\"",
        "\"size\" : -1",
        "\"size\" : 1e3",
        "\"size\" : 99999999999999999999",
        "\"references\" : [ 1 ]",
        "\"digest\" : \"md5:00\""
      })
  void damagedText_isCorrupt(String damage) {
    var name = damage.startsWith("\"") ? damage.substring(0, damage.indexOf(':')) : "";
    var text =
        name.isEmpty()
            ? damage
            : TEXT.replaceAll(name + ": .*?(,?)\\n", damage.replace("\\", "") + "$1\n");

    assertThatThrownBy(() -> read(text)).isInstanceOf(CacheCorruptException.class);
  }

  @Test
  void textThatBreaksOff_isCorrupt() {
    for (int length = 0; length < TEXT.length(); length++) {
      var part = TEXT.substring(0, length);

      assertThatThrownBy(() -> read(part)).isInstanceOf(CacheCorruptException.class);
    }
  }
}
