package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  @ParameterizedTest
  @ValueSource(strings = {"containerd-1.toml", "containerd-2.toml"})
  void example_isTomlThatNamesTheDefaultSocket_andStandsInTheDocument(String file)
      throws IOException {
    var text = Files.readString(DIST.resolve(file));

    assertThat(new TomlMapper().readTree(text).at("/proxy_plugins/lazuli/address").asString())
        .isEqualTo("/run/lazuli/lazuli.sock");
    assertThat(Files.readString(DOCUMENT)).contains("```toml\n" + text + "```\n");
  }

  @Test
  void exampleForContainerd1_isUnderstoodByContainerd() throws IOException {
    assumeTrue(HostFiles.find("containerd").isPresent(), "containerd is not installed");
    var version = Command.of("containerd", "--version").check().output();
    assumeTrue(version.matches("(?s).* v?1\\.[67]\\..*"), "containerd here is " + version);

    var dump =
        Command.of(
                "containerd",
                "--config",
                DIST.resolve("containerd-1.toml").toAbsolutePath().toString(),
                "config",
                "dump")
            .check()
            .output();

    assertThat(dump)
        .contains(
            "[proxy_plugins.lazuli]",
            "address = \"/run/lazuli/lazuli.sock\"",
            "snapshotter = \"lazuli\"",
            "disable_snapshot_annotations = false");
  }
}
