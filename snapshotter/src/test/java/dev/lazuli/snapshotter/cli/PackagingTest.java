package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.dataformat.toml.TomlMapper;

/** The files that are installed beside the program, and what docs/install.md says of them. */
final class PackagingTest {
  private static final Path DIST = Path.of("src/main/dist");
  private static final Path DOCUMENT = Path.of("../docs/install.md");

  @TempDir Path directory;

  @Test
  void unit_isOneThatSystemdUnderstands() throws IOException {
    assumeTrue(HostFiles.find("systemd-analyze").isPresent(), "systemd-analyze is not installed");
    var text = Files.readString(DIST.resolve("lazuli.service"));
    var unit =
        Files.writeString(
            directory.resolve("lazuli.service"), text.replace("/opt/lazuli/lazuli", "/bin/true"));

    var result = Command.of("systemd-analyze", "verify", "--man=no", unit.toString()).run();

    assertThat(result.exitStatus()).as(result.errors()).isZero();
    assertThat(result.errors()).doesNotContain("lazuli.service:");
  }

  @Test
  void unit_letsReadersWaitForTheNextDaemon() throws IOException {
    assertThat(Files.readAllLines(DIST.resolve("lazuli.service")))
        .contains(
            "Type=notify",
            "FileDescriptorStoreMax=16",
            "KillMode=process",
            "Restart=always",
            "WatchdogSec=2min",
            "StartLimitIntervalSec=0",
            "RuntimeDirectoryPreserve=yes");
  }

  /** What the manifest has a node run is tried by {@code SystemdIT}. */
  @Test
  void manifest_isOfThisVersion_andItsSettingsAreThoseOfADaemon() throws IOException {
    var lines = Files.readAllLines(DIST.resolve("kubernetes.yaml"));
    var settings =
        lines.stream()
            .skip(lines.indexOf("  config.toml: |") + 1L)
            .takeWhile(line -> line.startsWith("    "))
            .toList();
    var file = Files.write(directory.resolve("config.toml"), settings);

    assertThat(settings).isNotEmpty();
    assertThat(Configuration.load(file, Map.of()).metricsAddress()).isPresent();
    assertThat(Files.readString(Path.of("../pom.xml"))).contains("<version>" + version(lines));
    assertThat(String.join("\n", lines).split("\n---\n", -1))
        .hasSize(3)
        .allSatisfy(
            part ->
                assertThat("\n" + part).contains("\napiVersion: ", "\nkind: ", "\n  name: lazuli"));
  }

  private static String version(List<String> manifest) {
    var image = "          image: registry.example/lazuli:";
    return manifest.stream()
        .filter(line -> line.startsWith(image))
        .map(line -> line.substring(image.length()))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"containerd-1.toml", "containerd-2.toml"})
  void example_isTomlThatNamesTheDefaultSocket_andStandsInTheDocument(String file)
      throws IOException {
    var text = Files.readString(DIST.resolve(file));

    assertThat(new TomlMapper().readTree(text).at("/proxy_plugins/lazuli/address").asString())
        .isEqualTo("/run/lazuli/lazuli.sock");
    assertThat(Files.readString(DOCUMENT)).contains("```toml\n" + text + "```\n");
  }

  /** As docs/install.md says: the example is appended to the file that Debian ships. */
  @ParameterizedTest
  @ValueSource(strings = {"host", "trixie", "forky"})
  void example_appendedToTheStockFile_isWhatContainerdDoes(String suite) throws IOException {
    var node = NodePrograms.named(suite);
    assumeTrue(node.obstacle().isEmpty(), () -> node.obstacle().orElseThrow());
    boolean second = node.isSecond();

    var file = directory.resolve("config.toml");
    var example = DIST.resolve(second ? "containerd-2.toml" : "containerd-1.toml");
    Files.writeString(
        file, Files.readString(node.stockConfiguration()) + "\n" + Files.readString(example));
    var effective = new TomlMapper().readTree(node.effectiveConfiguration(file));

    assertThat(effective.at("/proxy_plugins/lazuli/address").asString())
        .isEqualTo("/run/lazuli/lazuli.sock");
    var plugins = effective.path("plugins");
    var images =
        second
            ? plugins.path("io.containerd.cri.v1.images")
            : plugins.path("io.containerd.grpc.v1.cri").path("containerd");
    assertThat(images.path("snapshotter").asString()).isEqualTo("lazuli");
    assertThat(images.path("disable_snapshot_annotations").asBoolean(true)).isFalse();
    assertThat(plugins.toString()).as("what the stock file says of CNI").contains("/usr/lib/cni");
    if (second) {
      var exports = effective.at("/proxy_plugins/lazuli/exports");
      assertThat(exports.path("enable_remote_snapshot_annotations").asString()).isEqualTo("true");
      assertThat(plugins.path("io.containerd.transfer.v1.local").path("unpack_config"))
          .extracting(unpack -> unpack.path("snapshotter").asString())
          .containsExactly("overlayfs", "lazuli");
    }
  }
}
