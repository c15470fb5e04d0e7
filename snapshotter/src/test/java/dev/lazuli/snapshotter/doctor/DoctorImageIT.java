package dev.lazuli.snapshotter.doctor;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.knowledge.KeptIndexes;
import dev.lazuli.snapshotter.share.ImageIndexing;
import dev.lazuli.snapshotter.share.IndexOutput;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the doctor says of registries and of images. */
final class DoctorImageIT extends DoctorRig {
  @Test
  void registryThatIsNotThere_isFound() throws IOException {
    settings.put("registry.attempts", "1");
    assertProblem(examine("127.0.0.1:1/none:1"), "127.0.0.1:1", "this machine reaches the host");
  }

  @Test
  void refusedCredentials_areFoundWithTheirSource_andNotShown() throws IOException {
    var access = new RegistryDemands.Access.Basic("user", "right");
    try (var registry = TestRegistry.start(RegistryDemands.OPEN.withAccess(access))) {
      var image = registry.reference("app", "1");
      assertProblem(examine(image), "without credentials: none for", "/root/.docker/config.json");

      var file =
          dockerConfig(
              "{\"auths\": {\"%s\": {\"username\": \"user\", \"password\": \"wrong-one\"}}}"
                  .formatted(registry.host()));
      var found = examine(image);
      assertProblem(
          found, "with the credentials of user \"user\" of " + file, "/root/.docker/config.json");
      assertThat(found.toString()).doesNotContain("wrong-one");
    }
  }

  @Test
  void imageThatDoesNotExist_isFound() throws IOException {
    try (var registry = TestRegistry.start()) {
      assertProblem(examine(registry.reference("app", "none")), "404", "the name and the tag");
    }
  }

  @Test
  void registryWithoutRanges_isFound() throws IOException {
    try (var registry = TestRegistry.start()) {
      var image = serve(registry, LayerEncoding.ESTARGZ);
      registry
          .faults()
          .always(request -> request.kind() == RegistryRequest.Kind.BLOB, new Fault.IgnoreRange());
      assertProblem(examine(image), "it ignores ranges", "supports Range");
    }
  }

  @Test
  void imageThatIsNotLazy_isNoted() throws IOException {
    try (var registry = TestRegistry.start()) {
      var image = serve(registry, LayerEncoding.GZIP);
      var found = examine(image);
      assertNote(found, "in no lazy format", "lazuli convert " + image);
      assertThat(words(found)).anyMatch(words -> words.startsWith("0 of 1 layers"));

      settings.put("bulk.enabled", "false");
      assertNote(examine(image), "is downloaded and unpacked by containerd", "lazuli convert");
      settings.put("layers.lazy_from", "registry.example/*");
      assertNote(examine(image), "layers.lazy_from does not name the image", "name it there");
    }
  }

  @Test
  void imageWithIndexes_isPredictedByWhereTheyAre() throws IOException {
    try (var registry = TestRegistry.start()) {
      var image = serve(registry, LayerEncoding.GZIP);
      var side = registry.host() + "/indexes";
      settings.put("indexes.side_repository", side);
      assertNote(examine(image), "no index of it was found", "--push --to " + side);

      index(registry, side);
      assertThat(words(examine(image)))
          .anyMatch(words -> words.contains("the side repository " + side + " has an index of it"))
          .anyMatch(words -> words.startsWith("1 of 1 layers"));

      keepIndex();
      assertThat(words(examine(image)))
          .anyMatch(words -> words.contains("its index is kept on this node"));
    }
  }

  private BlobDescriptor layer() throws IOException {
    var layout = OciLayout.at(directory.resolve("layout"));
    return layout.layers(requireNonNull(layout.images().get("1"))).getFirst();
  }

  private void keepIndex() throws IOException {
    var kept = KeptIndexes.directory(Path.of(requireNonNull(settings.get("root"))));
    Files.createDirectories(kept);
    Files.createFile(kept.resolve(Digest.parse(layer().digest()).hex()));
  }

  private void index(TestRegistry registry, String side) throws IOException {
    var layout = OciLayout.at(directory.resolve("layout"));
    var manifest = requireNonNull(layout.images().get("1"));
    var layer = Digest.parse(layer().digest());
    var options = RegistryOptions.builder().plainHttpHost(registry.host()).build();
    try (var client = new RegistryClient(options);
        var indexing = new ImageIndexing(directory);
        var blob = FileChannel.open(layout.blob(layer.toString()))) {
      var made =
          (ImageIndexing.Outcome.Made)
              indexing.index(new Descriptor("", layer, blob.size()), new ChannelBlobSource(blob));
      var image =
          new Descriptor(manifest.mediaType(), Digest.parse(manifest.digest()), manifest.size());
      assertThat(
              IndexOutput.side(client, ImageReference.parse(side), directory)
                  .write(
                      image,
                      Map.of(layer, made.index()),
                      Map.of(made.index().digest(), made.file())))
          .startsWith(side);
    }
  }

  @Test
  void lazyImage_isPredicted() throws IOException {
    try (var registry = TestRegistry.start()) {
      var found = examine(serve(registry, LayerEncoding.ESTARGZ));
      assertThat(words(found))
          .anyMatch(words -> words.contains("1 of 1 layers would be mounted lazily"))
          .contains("it sends ranges of blobs");
    }
  }

  private String serve(TestRegistry registry, LayerEncoding encoding) throws IOException {
    var layout = OciLayout.at(directory.resolve("layout"));
    var _ =
        new ImageBuilder(layout)
            .encoding(encoding)
            .layer(new ImageTree().file("hello", FileContent.generated(300_000, 1)))
            .build("1");
    registry.serve("app", layout);
    return registry.reference("app", "1");
  }

  private static List<String> words(List<Diagnosis> diagnoses) {
    return diagnoses.stream().map(Diagnosis::found).toList();
  }
}
