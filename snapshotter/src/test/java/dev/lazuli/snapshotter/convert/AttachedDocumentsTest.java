package dev.lazuli.snapshotter.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.registry.model.Platform;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Artifacts, and manifests that stand in an index several times. */
final class AttachedDocumentsTest extends DocumentsRig {
  @Test
  void oneManifestForTwoPlatforms_keepsBothEntries() throws IOException {
    var shared = layer("x");
    var manifest = manifest(MANIFEST, config(CONFIG, shared), "", entry(shared, ""));
    index(
        entry(MANIFEST, manifest, platform("arm", "v6") + annotated("note", "six")),
        entry(MANIFEST, manifest, platform("arm", "v7") + annotated("note", "seven")));

    var manifests = result(convert(FAST, true).digest()).path("manifests");

    assertThat(manifests).hasSize(2);
    assertThat(manifests.get(0).path("platform").path("variant").asString()).isEqualTo("v6");
    assertThat(manifests.get(1).path("platform").path("variant").asString()).isEqualTo("v7");
    assertThat(manifests.get(0).path("annotations").path("note").asString()).isEqualTo("six");
    assertThat(manifests.get(1).path("annotations").path("note").asString()).isEqualTo("seven");
    assertThat(manifests.get(0).path("digest")).isEqualTo(manifests.get(1).path("digest"));
  }

  @Test
  void oneManifestForTwoPlatforms_isTakenForTheOneThatIsWanted() throws IOException {
    var shared = layer("x");
    var manifest = manifest(MANIFEST, config(CONFIG, shared), "", entry(shared, ""));
    index(
        entry(MANIFEST, manifest, platform("amd64", "")),
        entry(MANIFEST, manifest, platform("arm64", "")));

    var index = result(convert(FAST, true, new Platform("linux", "arm64", null)).digest());

    assertThat(index.path("manifests")).hasSize(1);
    assertThat(index.path("manifests").get(0).path("platform").path("architecture").asString())
        .isEqualTo("arm64");
  }

  @Test
  void anArtifact_passesAsItIs_alsoBesideAnImage() throws IOException {
    var layer = layer("x");
    var image = manifest(MANIFEST, config(CONFIG, layer), "", entry(layer, ""));
    var text = source.addBlob("text/plain", Json.bytes("hello"));
    var empty = source.addBlob("application/vnd.oci.empty.v1+json", Json.bytes("{}"));
    var artifact =
        manifest(
            MANIFEST,
            empty,
            ",\"artifactType\":\"text/x\"",
            entry("application/vnd.oci.image.layer.v1.tar", text, annotated("title", "a.txt")),
            entry("text/plain", text, annotated("title", "b.txt")),
            entry(layer, annotated("title", "dir")));
    index(entry(MANIFEST, image, platform("amd64", "")), entry(MANIFEST, artifact, ""));

    var converted = convert(FAST, true);

    var manifests = result(converted.digest()).path("manifests");
    assertThat(manifests.get(0).path("digest").asString()).isNotEqualTo(image.digest());
    assertThat(manifests.get(1).path("digest").asString()).isEqualTo(artifact.digest());
    assertThat(target.resolve("blobs/" + text.digest().replace(':', '/'))).hasContent("hello");
    assertThat(target.resolve("blobs/" + layer.descriptor().digest().replace(':', '/'))).exists();
    assertThat(target.resolve("blobs/" + empty.digest().replace(':', '/'))).hasContent("{}");
  }

  @Test
  void whatIsAttachedToAnImage_followsItToItsNewDigest_whateverTheOrder() throws IOException {
    var layer = layer("x");
    var image = manifest(MANIFEST, config(CONFIG, layer), "", entry(layer, ""));
    var statement = source.addBlob("application/x", Json.bytes("{}"));
    var signature =
        manifest(MANIFEST, statement, subject(image), entry("application/x", statement, ""));
    var countersigned =
        manifest(MANIFEST, statement, subject(signature), entry("application/x", statement, ""));
    index(
        entry(MANIFEST, countersigned, ""),
        entry(MANIFEST, signature, ""),
        entry(MANIFEST, image, platform("amd64", "")));

    var index = result(convert(FAST, true).digest());

    var digests = index.path("manifests").valueStream().map(m -> m.path("digest")).toList();
    assertThat(child(index, 0).path("subject").path("digest")).isEqualTo(digests.get(1));
    assertThat(child(index, 1).path("subject").path("digest")).isEqualTo(digests.get(2));
    assertThat(child(index, 1).path("subject").path("size"))
        .isEqualTo(index.path("manifests").get(2).path("size"));
    assertThat(digests.get(2).asString()).isNotEqualTo(image.digest());
  }

  private static String subject(BlobDescriptor document) {
    return ",\"subject\":" + entry(MANIFEST, document, "");
  }

  @Test
  void whatIsAttachedToAnImageThatIsLeftOut_isLeftOutAsWell() throws IOException {
    var amd = layer("amd");
    var arm = layer("arm");
    var image = manifest(MANIFEST, config(CONFIG, amd), "", entry(amd, ""));
    var other = manifest(MANIFEST, config(CONFIG, arm), "", entry(arm, ""));
    var statement = source.addBlob("application/x", Json.bytes("{}"));
    var signature = manifest(MANIFEST, statement, subject(other));
    var countersigned = manifest(MANIFEST, statement, subject(signature));
    index(
        entry(MANIFEST, countersigned, ""),
        entry(MANIFEST, signature, ""),
        entry(MANIFEST, image, platform("amd64", "")),
        entry(MANIFEST, other, platform("arm64", "")));

    var converted = convert(FAST, true, new Platform("linux", "amd64", null));

    assertThat(result(converted.digest()).path("manifests")).hasSize(1);
    assertThat(converted.layers()).hasSize(1);
  }
}
