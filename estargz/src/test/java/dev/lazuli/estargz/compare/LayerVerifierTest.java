package dev.lazuli.estargz.compare;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.build.SampleTar;
import dev.lazuli.estargz.read.LayerInspector;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayerVerifierTest {
  private final ByteArrayOutputStream blob = new ByteArrayOutputStream();

  private BuiltLayer build(LayerFormat format) throws IOException {
    var tar =
        new SampleTar()
            .file("a", SampleTar.text(10_000))
            .file("b", SampleTar.noise(100_000, 1))
            .file("c", SampleTar.text(20_000))
            .bytes();
    var options = BuildOptions.ESTARGZ.withFormat(format).withLevel(1);
    return new EstargzBuilder(options).build(new ByteArrayInputStream(tar), blob);
  }

  private OpenRequest request(BuiltLayer built, byte[] bytes) {
    var trust = TocTrust.fromAnnotations(built.annotations()).orElseThrow();
    return OpenRequest.of("test", new MemoryBlob(bytes), trust);
  }

  @ParameterizedTest
  @EnumSource(names = {"ESTARGZ", "ZSTD_CHUNKED"})
  void aGoodLayer_hasTheDigestsItWasBuiltWith(LayerFormat format) throws IOException {
    var built = build(format);
    try (var verifier = new LayerVerifier(Limits.DEFAULT)) {
      var report = verifier.verify(request(built, blob.toByteArray()));

      assertThat(report.isGood()).isTrue();
      assertThat(report.blobDigest()).isEqualTo(built.digest());
      assertThat(report.diffId()).contains(built.diffId());
      assertThat(report.tocDigest()).isEqualTo(built.tocDigest());
      assertThat(report.chunks()).isEqualTo(3);
      assertThat(report.bytes()).isEqualTo(130_000);
    }
  }

  @Test
  void aFlippedBit_isFound_andTheRestIsCheckedAllTheSame() throws IOException {
    var built = build(LayerFormat.ESTARGZ);
    var bytes = blob.toByteArray();
    bytes[50_000] ^= 1;
    try (var verifier = new LayerVerifier(Limits.DEFAULT)) {
      var report = verifier.verify(request(built, bytes));

      assertThat(report.problems()).hasSize(1).first().asString().contains("chunk 1");
      assertThat(report.chunks()).isEqualTo(2);
      assertThat(report.blobDigest()).isEqualTo(Digest.sha256(bytes)).isNotEqualTo(built.digest());
    }
  }

  @Test
  void anotherToc_isNotLookedAtFurther() throws IOException {
    build(LayerFormat.ESTARGZ);
    var trust = new TocTrust.Json(Digest.ofSha256(new byte[32]));
    try (var verifier = new LayerVerifier(Limits.DEFAULT)) {
      assertThatThrownBy(
              () ->
                  verifier.verify(
                      OpenRequest.of("test", new MemoryBlob(blob.toByteArray()), trust)))
          .isInstanceOf(DigestMismatchException.class);
    }
  }

  @Test
  void anInspector_saysWhatIsThere_andGivesTheToc() throws IOException {
    var built = build(LayerFormat.ZSTD_CHUNKED);
    var toc = new ByteArrayOutputStream();
    try (var inspector = new LayerInspector(Limits.DEFAULT)) {
      var request = request(built, blob.toByteArray());
      var description = inspector.describe(request);
      var digest = inspector.writeToc(request, toc);

      assertThat(description.files()).isEqualTo(3);
      assertThat(description.directories()).isEqualTo(1);
      assertThat(description.fileBytes()).isEqualTo(130_000);
      assertThat(description.prefetchEnd()).isZero();
      assertThat(description.tocBytes()).isEqualTo(toc.size());
      assertThat(digest).isEqualTo(built.tocDigest());
      assertThat(toc.toString(UTF_8)).startsWith("{\n\t\"version\": 1,\n\t\"entries\": [\n\t\t{");
    }
  }
}
