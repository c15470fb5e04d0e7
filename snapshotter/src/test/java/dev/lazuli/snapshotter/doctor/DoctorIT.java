package dev.lazuli.snapshotter.doctor;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
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
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.config.ConfigurationException;
import dev.lazuli.snapshotter.knowledge.KeptIndexes;
import dev.lazuli.snapshotter.share.ImageIndexing;
import dev.lazuli.snapshotter.share.IndexOutput;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Machines on which one thing is wrong: the doctor names it and what to do about it. What concerns
 * containerd is in {@link ContainerdFilesIT} and {@link RunningContainerdIT}.
 */
final class DoctorIT {
  private static final Path FUSE = Path.of("/dev/fuse");

  @TempDir private Path directory;
  private final Map<String, String> settings = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void requireRoot() {
    assumeTrue("root".equals(System.getProperty("user.name")), "the doctor needs root");
    settings.put("root", directory.resolve("root").toString());
    settings.put("state", directory.resolve("run").toString());
    settings.put("registry.hosts_dir", directory.resolve("certs.d").toString());
    environment.put("DOCKER_CONFIG", directory.resolve("docker").toString());
    environment.put("PATH", "/usr/bin:/bin");
  }

  @AfterEach
  void unmount() throws IOException {
    MountTable.unmountBelow(directory);
  }

  @Test
  void machineAsItShouldBe_hasWorkingMounts_andIsLeftAsItWas() throws IOException {
    var found = examine();

    assertThat(found)
        .filteredOn(diagnosis -> diagnosis.area().equals("kernel"))
        .isNotEmpty()
        .allMatch(diagnosis -> diagnosis.health() != Health.PROBLEM);
    assertThat(directory).isEmptyDirectory();
    assertThat(MountTable.below(directory)).isEmpty();
  }

  @Test
  void missingFuse_isFound() throws IOException {
    assertProblem(
        examine(directory.resolve("fuse"), Optional.empty()), "there is no", "modprobe fuse");
  }

  @Test
  void treesByFuse_areNoted() throws IOException {
    settings.put("mount.way", "fuse-tree");
    assertNote(examine(), "layers are mounted by fuse-tree", "remove mount.way");
  }

  @Test
  void wayThatIsNotPossible_isFound() throws IOException {
    mountTmpfs("rw");
    settings.put("mount.way", "erofs-lazy");
    assertProblem(examine(), "mount.way erofs-lazy", "mount.way = \"auto\"");
  }

  @Test
  void rootInMemory_isNoted() throws IOException {
    mountTmpfs("rw");
    assertNote(examine(), "is in memory (tmpfs)", "a directory on a disk");
  }

  @Test
  void rootThatCannotBeWritten_isFound() throws IOException {
    mountTmpfs("ro");
    assertProblem(examine(), "read-only", "set 'root'");
  }

  @Test
  void littleSpace_isNoted() throws IOException {
    settings.put("cache.reserve", "4096TiB");
    assertNote(examine(), "only what readers wait for is fetched", "lazuli prune");
  }

  @Test
  void pathOfASocketThatIsTooLong_isFound() throws IOException {
    settings.put("state", directory.resolve("long".repeat(30)).toString());
    assertProblem(examine(), "too long", "shorter paths");
  }

  @Test
  void daemonThatDoesNotRun_isFound() throws IOException {
    assertProblem(examine(), "the daemon does not answer", "systemctl start lazuli");
  }

  @Test
  void containerdThatDoesNotRun_isFound() throws IOException {
    assertProblem(examine(), "containerd does not answer", "systemctl start containerd");
  }

  @Test
  void containerdsFileThatIsNotToml_isFound() throws IOException {
    Files.writeString(directory.resolve("containerd.toml"), "version = \n");
    assertProblem(examine(), "containerd.toml", "correct the file");
  }

  @Test
  void brokenHostsFile_isFoundByName() throws IOException {
    hostsFile("registry.example", "server = [\n");
    assertProblem(examine(), "registry.example", "correct the file");
  }

  @Test
  void certificateThatIsNotThere_isFoundByName() throws IOException {
    hostsFile("registry.example", "ca = \"/nonexistent/ca.pem\"\n");
    assertProblem(examine(), "/nonexistent/ca.pem", "correct the file");
  }

  @Test
  void authorityThatIsNotThere_isFound() throws IOException {
    settings.put("registry.ca_files", "/nonexistent/authority.pem");
    assertProblem(examine(), "/nonexistent/authority.pem", "correct the path");
  }

  @Test
  void brokenCredentials_areFoundByName_andNotShown() throws IOException {
    var file = dockerConfig("{\"auths\": {\"r\": {\"auth\": \"c2VjcmV0\"");
    assertProblem(examine(), file.toString(), "docker login");
    assertThat(examine().toString()).doesNotContain("c2VjcmV0");
  }

  @Test
  void missingCredentialHelper_isFound() throws IOException {
    dockerConfig("{\"credsStore\": \"nosuch\"}");
    assertProblem(examine(), "docker-credential-nosuch is not on the PATH", "the helper");
  }

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

  private void mountTmpfs(String access) throws IOException {
    var root = Files.createDirectories(directory.resolve("root"));
    var _ =
        Command.of("mount", "-t", "tmpfs", "-o", "size=64m," + access, "tmpfs", root.toString())
            .check();
  }

  private Path hostsFile(String registry, String text) throws IOException {
    var folder = Files.createDirectories(directory.resolve("certs.d").resolve(registry));
    return Files.writeString(folder.resolve("hosts.toml"), text);
  }

  private Path dockerConfig(String text) throws IOException {
    var folder = Files.createDirectories(directory.resolve("docker"));
    return Files.writeString(folder.resolve("config.json"), text);
  }

  private List<Diagnosis> examine() throws IOException {
    return examine(FUSE, Optional.empty());
  }

  private List<Diagnosis> examine(String image) throws IOException {
    return examine(FUSE, Optional.of(ImageReference.parse(image)));
  }

  private List<Diagnosis> examine(Path fuse, Optional<ImageReference> image) throws IOException {
    var file = Files.createTempFile("lazuli", ".toml");
    try {
      var around =
          new Surroundings(
              directory.resolve("c.sock"),
              directory.resolve("containerd.toml"),
              "lazuli",
              environment);
      return new Doctor(Configuration.load(file, settings), around, "test", fuse).examine(image);
    } catch (ConfigurationException e) {
      throw new AssertionError(e);
    } finally {
      Files.delete(file);
    }
  }

  private static List<String> words(List<Diagnosis> diagnoses) {
    return diagnoses.stream().map(Diagnosis::found).toList();
  }

  private static void assertProblem(List<Diagnosis> diagnoses, String found, String remedy) {
    assertFinding(Health.PROBLEM, diagnoses, found, remedy);
  }

  private static void assertNote(List<Diagnosis> diagnoses, String found, String remedy) {
    assertFinding(Health.NOTE, diagnoses, found, remedy);
  }

  private static void assertFinding(
      Health health, List<Diagnosis> diagnoses, String found, String remedy) {
    assertThat(diagnoses)
        .filteredOn(diagnosis -> diagnosis.health() == health)
        .anySatisfy(
            diagnosis -> {
              assertThat(diagnosis.found()).contains(found);
              assertThat(diagnosis.remedy()).contains(remedy);
            });
  }
}
