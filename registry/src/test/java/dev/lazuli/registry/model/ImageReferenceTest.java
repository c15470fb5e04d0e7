package dev.lazuli.registry.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
  private static final String HEX =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  @ParameterizedTest
  @CsvSource({
    "ubuntu, docker.io, library/ubuntu, latest",
    "ubuntu:22.04, docker.io, library/ubuntu, 22.04",
    "docker.io/ubuntu, docker.io, library/ubuntu, latest",
    "index.docker.io/ubuntu, docker.io, library/ubuntu, latest",
    "team/app, docker.io, team/app, latest",
    "docker.io/library/ubuntu:1, docker.io, library/ubuntu, 1",
    "localhost/app, localhost, app, latest",
    "localhost:5000/app, localhost:5000, app, latest",
    "127.0.0.1:5000/a/b/c:x, 127.0.0.1:5000, a/b/c, x",
    "'[::1]:5000/a:x', '[::1]:5000', a, x",
    "Registry/app, Registry, app, latest",
    "ghcr.io/a__b/c--d/e.f_g:V-1._, ghcr.io, a__b/c--d/e.f_g, V-1._",
  })
  void reference_as_people_type_it(String text, String registry, String repository, String tag) {
    var reference = ImageReference.parse(text);

    assertThat(reference).isEqualTo(new ImageReference(registry, repository, tag, null));
    assertThat(ImageReference.parse(reference.toString())).isEqualTo(reference);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":t"})
  void digest_decides(String tag) {
    var reference = ImageReference.parse("a.b/c" + tag + "@sha256:" + HEX);

    assertThat(reference.manifestName()).isEqualTo("sha256:" + HEX);
    assertThat(reference.tag()).isEqualTo(tag.isEmpty() ? null : "t");
    assertThat(ImageReference.parse(reference.toString())).isEqualTo(reference);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "@",
        "/",
        "a/",
        "/a",
        "UPPER",
        "a.b/UPPER",
        "a b",
        "a..b",
        "a.b/c..d",
        "a.b/_c",
        "a.b/c/",
        "a.b//c",
        "-a.b/c",
        "a-.b/c",
        "a.b:x/c",
        "a.b:123456/c",
        "a:",
        "a:-tag",
        "a:t@sha256:12",
        "a@sha256:E3B0C44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "a@md5:d41d8cd98f00b204e9800998ecf8427e",
        "a.b/c?x=y",
        "a.b/../c",
        "a.b/c\n",
        "http://a.b/c",
      })
  void text_that_is_no_reference(String text) {
    assertThatThrownBy(() -> ImageReference.parse(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a/", "a.", "a:", "a-", "a_"})
  void longest_text_ends_in_time(String part) {
    assertThatThrownBy(() -> ImageReference.parse(part.repeat(10_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
