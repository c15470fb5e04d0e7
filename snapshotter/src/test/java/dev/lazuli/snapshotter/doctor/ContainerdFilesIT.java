package dev.lazuli.snapshotter.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.NodePrograms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with a containerd's configuration file, as that containerd itself reads it. */
final class ContainerdFilesIT {
  private static final Path DIST = Path.of("src/main/dist");

  private static final String ENTRY_FOR_LAZULI =
      """
      [[plugins."io.containerd.transfer.v1.local".unpack_config]]
        platform = "linux"
        snapshotter = "lazuli"
      """;

  private static final String ENTRY_FOR_OVERLAYFS = ENTRY_FOR_LAZULI.replace("lazuli", "overlayfs");

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"host, 1", "trixie, 1", "forky, 2"})
  void filesThatComeWithLazuli_areRight(String suite, String major) throws IOException {
    var node = node(suite);
    var example = DIST.resolve("containerd-" + (node.isSecond() ? "2" : major) + ".toml");

    assertThat(examine(node, Files.readString(example)))
        .isNotEmpty()
        .allMatch(diagnosis -> diagnosis.health() == Health.OK);
  }

  @Test
  void unpackListWithoutOverlayfs_isFound() throws IOException {
    assertProblem(
        examine(node("forky"), ENTRY_FOR_LAZULI),
        "nothing can be pulled for overlayfs",
        "snapshotter = \"overlayfs\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ENTRY_FOR_NOBODY})
  void unpackListWithoutUs_isFound(String entry) throws IOException {
    assertProblem(
        examine(node("forky"), entry), "does not unpack for lazuli", "snapshotter = \"lazuli\"");
  }

  private static final String ENTRY_FOR_NOBODY =
      """
      [[plugins."io.containerd.transfer.v1.local".unpack_config]]
        platform = "linux"
        snapshotter = "overlayfs"
      """;

  @Test
  void sectionThatOnlyContainerd1Reads_isFound() throws IOException {
    assertProblem(
        examine(
            node("forky"), Files.readString(DIST.resolve("containerd-1.toml")) + ENTRY_FOR_LAZULI),
        "containerd 2.x ignores it",
        "io.containerd.cri.v1.images");
  }

  @Test
  void sectionThatContainerd1ReadsOnlyWithAVersion_isFound() throws IOException {
    var node = node("host");
    assumeTrue(!node.isSecond(), "containerd here is " + node.version());
    var file = directory.resolve("config.toml");
    Files.writeString(file, Files.readString(DIST.resolve("containerd-1.toml")));

    assertProblem(examine(node, file), "\"version = 2\": pods use overlayfs", "the first line");
  }

  @Test
  void criThatIsSwitchedOff_isFound() throws IOException {
    var node = node("host");
    assumeTrue(!node.isSecond(), "containerd here is " + node.version());
    var file = directory.resolve("config.toml");
    Files.writeString(
        file,
        "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n"
            + Files.readString(DIST.resolve("containerd-1.toml")));

    assertProblem(examine(node, file), "it is switched off", "disabled_plugins");
  }

  @ParameterizedTest
  @ValueSource(strings = {"host", "trixie"})
  void annotationsThatAreHidden_areFound(String suite) throws IOException {
    var node = node(suite);
    assumeTrue(!node.isSecond(), "containerd here is " + node.version());
    assertProblem(
        examine(
            node,
            "[plugins.\"io.containerd.grpc.v1.cri\".containerd]\n  snapshotter = \"lazuli\"\n"),
        "CRI hides from lazuli which image",
        "disable_snapshot_annotations = false");
  }

  @Test
  void annotationsThatAreHiddenFromClassicPulls_areFound() throws IOException {
    assertProblem(
        examine(
            node("forky"),
            ENTRY_FOR_OVERLAYFS
                + ENTRY_FOR_LAZULI
                + """
                [plugins."io.containerd.cri.v1.images"]
                  snapshotter = "lazuli"
                  max_concurrent_downloads = 8
                """),
        "because of max_concurrent_downloads",
        "disable_snapshot_annotations = false");
  }

  @Test
  void podsByTheTransferService_areRight() throws IOException {
    assertThat(
            examine(
                node("forky"),
                ENTRY_FOR_OVERLAYFS
                    + ENTRY_FOR_LAZULI
                    + "[plugins.\"io.containerd.cri.v1.images\"]\n  snapshotter = \"lazuli\"\n"))
        .extracting(Diagnosis::found)
        .contains("pods use lazuli, pulled by the transfer service");
  }

  @Test
  void podsThatUseAnother_areNoted() throws IOException {
    assertThat(examine(node("host"), ""))
        .anyMatch(
            diagnosis ->
                diagnosis.health() == Health.NOTE
                    && diagnosis.found().equals("pods use overlayfs"));
  }

  private static NodePrograms node(String suite) {
    var node = NodePrograms.named(suite);
    assumeTrue(node.obstacle().isEmpty(), () -> node.obstacle().orElseThrow());
    return node;
  }

  /** Appends to the file that Debian ships. */
  private List<Diagnosis> examine(NodePrograms node, String appended) throws IOException {
    var file = directory.resolve("config.toml");
    Files.writeString(file, Files.readString(node.stockConfiguration()) + "\n" + appended);
    return examine(node, file);
  }

  private static List<Diagnosis> examine(NodePrograms node, Path file) throws IOException {
    var settings = ContainerdSettings.read(file, node.path("containerd"));
    var examination = new Examination();
    new PullCheck("lazuli", settings).run(examination);
    return examination.diagnoses();
  }

  private static void assertProblem(List<Diagnosis> diagnoses, String found, String remedy) {
    assertThat(diagnoses)
        .filteredOn(diagnosis -> diagnosis.health() == Health.PROBLEM)
        .anySatisfy(
            diagnosis -> {
              assertThat(diagnosis.found()).contains(found);
              assertThat(diagnosis.remedy()).contains(remedy);
            });
  }
}
