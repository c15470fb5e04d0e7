package dev.lazuli.snapshotter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.registry.model.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalLayersTest {
  private static final String INDEX = "application/vnd.oci.image.index.v1+json";
  private static final Platform AMD = new Platform("linux", "amd64", null);
  private static final Platform ARM = new Platform("linux", "arm64", null);

  @TempDir private Path directory;
  private OciLayout layout;

  @BeforeEach
  void open() throws IOException {
    layout = OciLayout.at(directory);
  }

  private ImageBuilder lazy() {
    return new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
  }

  private static List<String> digests(String what, Platform platform) throws Exception {
    return LocalLayers.open(what, platform).requests().stream()
        .map(layer -> layer.digest().toString())
        .toList();
  }

  @Test
  void layerThatOccursTwice_isHighestWhereItOccursLast() throws Exception {
    var image =
        lazy().layer(new ImageTree().file("v", "one")).layer(new ImageTree().file("v", "two"));
    var one = image.layers().getFirst();
    var two = image.layers().getLast();
    var _ = image.layer(one).build("1");

    assertThat(digests(directory + ":1", AMD))
        .containsExactly(two.descriptor().digest(), one.descriptor().digest());
  }

  @Test
  void imageForSeveralPlatforms_givesTheLayersOfTheWantedOne() throws Exception {
    var amd = lazy().layer(new ImageTree().file("v", "amd"));
    var arm = lazy().layer(new ImageTree().file("v", "arm"));
    var index =
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s,%s]}"
            .formatted(INDEX, entry(amd.build("a"), "amd64"), entry(arm.build("b"), "arm64"));
    name("1", layout.addBlob(INDEX, index.getBytes(UTF_8)));

    assertThat(digests(directory.toString(), AMD))
        .containsExactly(amd.layers().getFirst().descriptor().digest());
    assertThat(digests(directory.toString(), ARM))
        .containsExactly(arm.layers().getFirst().descriptor().digest());
    assertThatThrownBy(() -> digests(directory.toString(), new Platform("plan9", "amd64", null)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no manifest for");
  }

  private static String entry(BlobDescriptor manifest, String architecture) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}"
        .formatted(manifest.mediaType(), manifest.digest(), manifest.size(), architecture);
  }

  private void name(String tag, BlobDescriptor document) throws IOException {
    var entry =
        "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}}"
            .formatted(document.mediaType(), document.digest(), document.size(), tag);
    Files.writeString(
        directory.resolve("index.json"), "{\"schemaVersion\":2,\"manifests\":[" + entry + "]}");
  }

  @Test
  void tagThatIsAWholeName_isFound() throws Exception {
    var image = lazy().layer(new ImageTree().file("v", "one"));
    var _ = image.build("docker.io/library/x:1");

    assertThat(digests(directory + ":docker.io/library/x:1", AMD)).hasSize(1);
  }

  /** As containerd's export writes it: only the tag, and beside it the whole name. */
  @Test
  void severalImagesWithOneTag_areFoundByTheirWholeNames() throws Exception {
    var a = lazy().layer(new ImageTree().file("v", "a"));
    var b = lazy().layer(new ImageTree().file("v", "b"));
    var entries =
        exported(a.build("a"), "docker.io/library/a:latest")
            + ","
            + exported(b.build("b"), "docker.io/library/b:latest");
    Files.writeString(
        directory.resolve("index.json"), "{\"schemaVersion\":2,\"manifests\":[" + entries + "]}");

    assertThatThrownBy(() -> digests(directory + ":latest", AMD))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("docker.io/library/a:latest");
    assertThat(digests(directory + ":docker.io/library/a:latest", AMD))
        .containsExactly(a.layers().getFirst().descriptor().digest());
    assertThat(digests(directory + ":docker.io/library/b:latest", AMD))
        .containsExactly(b.layers().getFirst().descriptor().digest());
  }

  private static String exported(BlobDescriptor manifest, String name) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,\"annotations\":{\"io.containerd.image.name\":\"%s\",\"org.opencontainers.image.ref.name\":\"latest\"}}"
        .formatted(manifest.mediaType(), manifest.digest(), manifest.size(), name);
  }

  @Test
  void whatCannotBeMounted_isSaid() throws Exception {
    var _ =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.GZIP)
            .layer(new ImageTree().file("v", "one"))
            .build("plain");
    var _ = new ImageBuilder(layout).build("empty");

    assertThatThrownBy(() -> digests(directory + ":plain", AMD))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("is not lazy");
    assertThatThrownBy(() -> digests(directory + ":empty", AMD))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("has no layers");
    assertThatThrownBy(() -> digests("no-such-layout:1", AMD))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("neither a file nor an OCI layout");
    assertThatThrownBy(() -> digests(directory + "/absent", AMD))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("no such file");
  }
}
