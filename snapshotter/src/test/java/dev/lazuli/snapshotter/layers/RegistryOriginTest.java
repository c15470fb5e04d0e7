package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RegistryOriginTest {
  private static final Digest CHECKSUM = Digest.parse("sha256:" + "ab".repeat(32));
  private static final Digest OTHER = Digest.parse("sha256:" + "cd".repeat(32));

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

  private Digest layerDigest() {
    return Digest.parse(layer.digest());
  }

  private Digest manifest(Map<String, String> annotations) throws IOException {
    var annotated = new LayoutLayer(layer.withAnnotations(annotations), OTHER.toString(), 1);
    var manifest = layout.addImage("1", ContainerDefaults.DEFAULT, List.of(annotated));
    registry.serve("app", layout);
    return Digest.parse(manifest.digest());
  }

  @Test
  void podmansAnnotation_isFoundInTheManifest() throws IOException {
    for (var key : List.of(Annotations.STARGZ_CHECKSUM, Annotations.CONTAINERS_CHECKSUM)) {
      var manifest = manifest(Map.of(key, CHECKSUM.toString()));

      assertThat(origin.toc(reference, manifest, layerDigest()))
          .contains(new TocTrust.Compressed(CHECKSUM));
    }
  }

  @Test
  void digestOfTheJson_isPreferred() throws IOException {
    var both =
        Map.of(
            Annotations.TOC_DIGEST,
            OTHER.toString(),
            Annotations.STARGZ_CHECKSUM,
            CHECKSUM.toString());

    assertThat(origin.toc(reference, manifest(both), layerDigest()))
        .contains(new TocTrust.Json(OTHER));
  }

  @Test
  void plainLayer_hasNone() throws IOException {
    assertThat(origin.toc(reference, manifest(Map.of()), layerDigest())).isEmpty();
  }

  @Test
  void imageOfAnIndex_isTheOneForThisMachine() throws IOException {
    var foreign = layout.addImage("2", ContainerDefaults.DEFAULT, List.of());
    var manifest = manifest(Map.of(Annotations.STARGZ_CHECKSUM, CHECKSUM.toString()));
    var text =
        """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
        {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%d,
        "platform":{"os":"plan9","architecture":"mips"}},
        {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%d}]}
        """
            .formatted(
                foreign.digest(),
                foreign.size(),
                manifest,
                Files.size(layout.blob(manifest.toString())));
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

    assertThat(origin.toc(reference, Digest.parse(index.digest()), layerDigest())).isPresent();
    assertThat(origin.imageManifest(reference, Digest.parse(index.digest()))).isEqualTo(manifest);
    assertThat(origin.imageManifest(reference, manifest)).isEqualTo(manifest);
  }

  @Test
  void layerOfAnotherImage_isRefused() throws IOException {
    var manifest = manifest(Map.of());

    assertThatThrownBy(() -> origin.toc(reference, manifest, OTHER))
        .isInstanceOf(LayerMountException.class)
        .hasMessageContaining(OTHER.toString())
        .hasMessageContaining(manifest + " does not list it");
  }

  @Test
  void malformedAnnotation_isRefused() throws IOException {
    var manifest = manifest(Map.of(Annotations.STARGZ_CHECKSUM, "sha256:abc"));

    assertThatThrownBy(() -> origin.toc(reference, manifest, layerDigest()))
        .isInstanceOf(LayerMountException.class)
        .hasMessageContaining("sha256:abc");
  }

  @Test
  void manifest_isReadOnceForAllItsLayers() throws IOException {
    var manifest = manifest(Map.of());
    origin.toc(reference, manifest, layerDigest());
    long requests = registry.counters().requests();

    origin.toc(reference, manifest, layerDigest());

    assertThat(registry.counters().requests()).isEqualTo(requests);
  }

  @Test
  void largeManifests_doNotStayOnTheHeap() throws IOException {
    var manifests = new ArrayList<Digest>();
    for (int i = 0; i < 10; i++) {
      manifests.add(manifest(Map.of("padding", i + "x".repeat(3 << 20))));
    }
    origin.toc(reference, manifests.getFirst(), layerDigest());
    long before = usedBytes();
    for (var manifest : manifests) {
      assertThat(origin.toc(reference, manifest, layerDigest())).isEmpty();
    }

    assertThat(usedBytes() - before).isLessThan(10 << 20);
  }

  private static long usedBytes() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void registryThatFails_isNotAskedForEachLayer() throws IOException {
    var manifest = manifest(Map.of());
    registry.faults().always(_ -> true, Fault.status(403));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> origin.toc(reference, manifest, layerDigest()))
          .isInstanceOf(LayerMountException.class)
          .hasMessageContaining(layer.digest())
          .hasMessageContaining("403");
    }

    assertThat(registry.faults().injected()).isEqualTo(1);
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
    var manifest =
        layout.addImage("1", config, List.of(new LayoutLayer(layer, OTHER.toString(), 1)));
    registry.serve("app", layout);

    for (var digest :
        List.of(Optional.of(Digest.parse(manifest.digest())), Optional.<Digest>empty())) {
      var start = origin.start(reference, digest).orElseThrow();

      assertThat(start.layers()).containsExactly(layerDigest());
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
