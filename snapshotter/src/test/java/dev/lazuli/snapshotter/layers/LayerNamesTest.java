package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.RequestException.Reason;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LayerNamesTest {
  private static final LayerRecord BASE =
      layer("abcd11", "docker.io/library/python:3", "r.test/app:1");
  private static final LayerRecord PYTHON = layer("abcd22", "docker.io/library/python:3");
  private static final LayerRecord APP = layer("0987", "r.test/app:1", "r.test/cafe:latest");
  private static final LayerRecord CAFE = layer("cafe", "localhost:5000/x@sha256:" + hex("77"));
  private static final List<LayerRecord> ALL = List.of(BASE, PYTHON, APP, CAFE);

  private static String hex(String start) {
    return start + "0".repeat(64 - start.length());
  }

  private static LayerRecord layer(String start, String... references) {
    var record =
        LayerRecord.of(Digest.parse("sha256:" + hex(start)), 1, "ESTARGZ", "GZIP", null, -1);
    for (var reference : references) {
      record = record.withReference(reference);
    }
    return record;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docker.io/library/python:3",
        "python:3",
        "library/python:3",
        "docker.io/python:3"
      })
  void reference_meansAllLayersOfTheImage(String name) throws RequestException {
    assertThat(LayerNames.find(name, ALL)).containsExactly(BASE, PYTHON);
  }

  @Test
  void reference_withoutTagIsLatest_andByDigestIsItself() throws RequestException {
    assertThat(LayerNames.find("r.test/cafe", ALL)).containsExactly(APP);
    assertThat(LayerNames.find("localhost:5000/x@sha256:" + hex("77"), ALL)).containsExactly(CAFE);
  }

  @Test
  void digest_meansOneLayer_andItsBeginningDoesIfItIsUnique() throws RequestException {
    for (var name :
        Stream.of("sha256:" + hex("0987"), hex("0987"), "sha256:0987", "09870").toList()) {
      assertThat(LayerNames.find(name, ALL)).as(name).containsExactly(APP);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "abcd, CONFLICT, 2 layers begin with abcd: sha256:abcd11",
    "098, NOT_FOUND, no layer on this node belongs to image 098",
    "r.test/app:2, NOT_FOUND, r.test/app:2",
    "sha256:, NOT_FOUND, sha256:",
    "'', NOT_FOUND, no layer",
    "../../etc/passwd, NOT_FOUND, ../../etc/passwd",
  })
  void nameOfNothingOrSeveral_isRefused(String name, Reason reason, String message) {
    assertThatThrownBy(() -> LayerNames.find(name, ALL))
        .hasMessageContaining(message)
        .isInstanceOfSatisfying(
            RequestException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Test
  void nameOfAnImageAndALayer_isRefused() {
    var image = layer("55", "docker.io/library/cafe:latest");

    assertThatThrownBy(() -> LayerNames.find("cafe", List.of(image, CAFE)))
        .hasMessageContaining("cafe is both an image and the beginning of a layer's digest");
  }

  @Test
  void hostileName_isQuotedInPart() {
    assertThatThrownBy(() -> LayerNames.find("x\u001b[2J\n" + "y".repeat(5000), ALL))
        .satisfies(
            e -> assertThat(e.getMessage()).doesNotContain("\u001b", "\n").hasSizeLessThan(300));
  }
}
