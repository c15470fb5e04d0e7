package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.Sha256;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.testimages.images.BlobDescriptor;
import dev.lazuli.testimages.images.ContainerDefaults;
import dev.lazuli.testimages.images.ImageTree;
import dev.lazuli.testimages.images.LayerEncoding;
import dev.lazuli.testimages.images.LayoutLayer;
import dev.lazuli.testimages.images.OciLayout;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RegistryOriginTest {
  private static final String CHECKSUM = "sha256:" + "ab".repeat(32);
  private static final String OTHER = "sha256:" + "cd".repeat(32);

  @TempDir private Path directory;
  private final RegistryClient client =
      new RegistryClient(RegistryOptions.builder().attempts(1).build());
  private final RegistryOrigin origin = new RegistryOrigin(client);
  private TestRegistry registry;
  private OciLayout layout;
  private BlobDescriptor layer;
  private String reference;

  @BeforeEach
  void start() throws IOException {
    registry = TestRegistry.start();
    layout = OciLayout.at(directory);
    reference = registry.reference("app", "1");
    layer = layout.addLayer(new ImageTree().file("a", "a"), LayerEncoding.GZIP).descriptor();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    registry.close();
  }

  private String manifest(Map<String, String> annotations) throws IOException {
    var annotated = new LayoutLayer(layer.withAnnotations(annotations), OTHER, 1);
    var manifest = layout.addImage("1", ContainerDefaults.DEFAULT, List.of(annotated));
    registry.serve("app", layout);
    return manifest.digest();
  }

  @Test
  void podmansAnnotation_isFoundInTheManifest() throws IOException {
    for (var key : List.of(Annotations.STARGZ_CHECKSUM, Annotations.CONTAINERS_CHECKSUM)) {
      var manifest = manifest(Map.of(key, CHECKSUM));

      assertThat(origin.toc(reference, manifest, layer.digest()))
          .contains(new TocTrust.Compressed(Sha256.parse(CHECKSUM)));
    }
  }

  @Test
  void digestOfTheJson_isPreferred() throws IOException {
    var both = Map.of(Annotations.TOC_DIGEST, OTHER, Annotations.STARGZ_CHECKSUM, CHECKSUM);

    assertThat(origin.toc(reference, manifest(both), layer.digest()))
        .contains(new TocTrust.Json(Sha256.parse(OTHER)));
  }

  @Test
  void plainLayer_hasNone() throws IOException {
    assertThat(origin.toc(reference, manifest(Map.of()), layer.digest())).isEmpty();
  }

  @Test
  void imageOfAnIndex_isTheOneForThisMachine() throws IOException {
    var foreign = layout.addImage("2", ContainerDefaults.DEFAULT, List.of());
    var manifest = manifest(Map.of(Annotations.STARGZ_CHECKSUM, CHECKSUM));
    var text =
        """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
        {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%d,
        "platform":{"os":"plan9","architecture":"mips"}},
        {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%d}]}
        """
            .formatted(
                foreign.digest(), foreign.size(), manifest, Files.size(layout.blob(manifest)));
    var index =
        layout.addBlob(
            "application/vnd.oci.image.index.v1+json", text.getBytes(StandardCharsets.UTF_8));
    Files.writeString(
        layout.directory().resolve("index.json"),
        """
        {"schemaVersion":2,"manifests":[{"mediaType":"%s","digest":"%s","size":%d}]}
        """
            .formatted(index.mediaType(), index.digest(), index.size()));
    registry.serve("app", layout);

    assertThat(origin.toc(reference, index.digest(), layer.digest())).isPresent();
  }

  @Test
  void layerOfAnotherImage_isRefused() throws IOException {
    var manifest = manifest(Map.of());

    assertThatThrownBy(() -> origin.toc(reference, manifest, OTHER))
        .isInstanceOf(LayerMountException.class)
        .hasMessageContaining(OTHER)
        .hasMessageContaining(manifest + " does not list it");
  }

  @Test
  void malformedAnnotation_isRefused() throws IOException {
    var manifest = manifest(Map.of(Annotations.STARGZ_CHECKSUM, "sha256:abc"));

    assertThatThrownBy(() -> origin.toc(reference, manifest, layer.digest()))
        .isInstanceOf(LayerMountException.class)
        .hasMessageContaining("sha256:abc");
  }

  @Test
  void manifest_isReadOnceForAllItsLayers() throws IOException {
    var manifest = manifest(Map.of());
    origin.toc(reference, manifest, layer.digest());
    long requests = registry.counters().requests();

    origin.toc(reference, manifest, layer.digest());

    assertThat(registry.counters().requests()).isEqualTo(requests);
  }

  @Test
  void registryThatFails_isNotAskedForEachLayer() throws IOException {
    var manifest = manifest(Map.of());
    registry.faults().always(_ -> true, Fault.status(403));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> origin.toc(reference, manifest, layer.digest()))
          .isInstanceOf(LayerMountException.class)
          .hasMessageContaining(layer.digest())
          .hasMessageContaining("403");
    }

    assertThat(registry.faults().injected()).isEqualTo(1);
  }

  @Test
  void malformedDigestOfTheManifest_isRefused() {
    for (var digest : List.of("latest", "sha256:abc", "md5:" + "ab".repeat(16))) {
      assertThatThrownBy(() -> origin.toc(reference, digest, layer.digest()))
          .isInstanceOf(LayerMountException.class)
          .hasMessageContaining(layer.digest())
          .hasMessageContaining("digest of its manifest: ");
    }
  }

  @Test
  void digestInAReference_isFound() throws IOException {
    assertThat(origin.digestIn("registry.example/app:1")).isEmpty();
    assertThat(origin.digestIn("registry.example/app:1@" + OTHER)).contains(OTHER);
    assertThatThrownBy(() -> origin.digestIn("registry.example/APP!"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void start_isWhatTheConfigurationSays_byDigestOrByTag() throws IOException {
    var config = ContainerDefaults.DEFAULT.withCommand("serve", "--all");
    var manifest = layout.addImage("1", config, List.of(new LayoutLayer(layer, OTHER, 1)));
    registry.serve("app", layout);

    for (var digest : List.of(Optional.of(manifest.digest()), Optional.<String>empty())) {
      var start = origin.start(reference, digest).orElseThrow();

      assertThat(start.layers()).containsExactly(layer.digest());
      assertThat(start.command()).containsExactly("serve", "--all");
    }
  }

  @Test
  void start_ofAnImageThatIsNotThere_isAnError() {
    assertThatThrownBy(() -> origin.start(reference, Optional.empty()))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> origin.start(reference, Optional.of(OTHER)))
        .isInstanceOf(IOException.class);
  }
}
