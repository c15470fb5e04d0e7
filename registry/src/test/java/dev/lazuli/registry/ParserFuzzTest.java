package dev.lazuli.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.registry.auth.Challenge;
import dev.lazuli.registry.hosts.HostsFile;
import dev.lazuli.registry.http.ContentRange;
import dev.lazuli.registry.http.MultipartBody;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.http.RetryAfter;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.ManifestParser;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.TlsSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Text of strangers: every parser gives a value or its one declared exception, in time. */
class ParserFuzzTest {
  @FuzzTest
  void image_reference(FuzzedDataProvider data) {
    ImageReference reference;
    try {
      reference = ImageReference.parse(data.consumeRemainingAsString());
    } catch (IllegalArgumentException e) {
      return;
    }
    assertThat(ImageReference.parse(reference.toString())).isEqualTo(reference);
    assertThat(reference.repository()).doesNotContain("..").doesNotStartWith("/");
  }

  @FuzzTest
  void challenge(FuzzedDataProvider data) {
    assertThat(Challenge.choose(List.of(data.consumeRemainingAsString()))).isNotNull();
  }

  @FuzzTest
  void content_range(FuzzedDataProvider data) {
    ContentRange.parse(data.consumeRemainingAsString())
        .ifPresent(
            range -> {
              assertThat(range.length()).isPositive();
              assertThat(range.total() == -1 || range.last() < range.total()).isTrue();
            });
  }

  @FuzzTest
  void multipart_boundary(FuzzedDataProvider data) {
    MultipartBody.boundary(data.consumeRemainingAsString())
        .ifPresent(boundary -> assertThat(boundary).hasSizeBetween(1, 70));
  }

  @FuzzTest
  void retry_after(FuzzedDataProvider data) {
    assertThat(RetryAfter.parse(data.consumeRemainingAsString()).isNegative()).isFalse();
  }

  @FuzzTest
  void hosts_file(FuzzedDataProvider data) {
    try {
      assertThat(HostsFile.parse(data.consumeRemainingAsString(), Path.of("/certs"))).isNotEmpty();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("hosts.toml");
    }
  }

  @FuzzTest
  void manifest(FuzzedDataProvider data) {
    String type = data.pickValue(List.of("", MediaTypes.OCI_INDEX, MediaTypes.DOCKER_MANIFEST));
    try {
      assertThat(ManifestParser.parse(data.consumeRemainingAsBytes(), type)).isNotNull();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("");
    }
  }

  @FuzzTest
  void redirect(FuzzedDataProvider data) {
    var from = new Origin(true, "a.example", 443, TlsSettings.DEFAULT);
    try {
      var target = Redirects.Target.of(data.consumeRemainingAsString(), from, "/v2/a/blobs/b");
      assertThat(target.target()).startsWith("/");
    } catch (IllegalArgumentException e) {
      // refused
    }
  }
}
