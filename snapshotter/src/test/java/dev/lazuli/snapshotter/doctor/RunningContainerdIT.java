package dev.lazuli.snapshotter.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.NodePrograms;
import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a running containerd says of its snapshotters, and what is wrong with it. */
final class RunningContainerdIT {
  private Path directory;
  private PrivateContainerd containerd;

  @BeforeEach
  void start() throws IOException {
    var node = NodePrograms.named("forky");
    assumeTrue(node.obstacle().isEmpty(), () -> node.obstacle().orElseThrow());
    directory = Files.createTempDirectory(Path.of("/tmp"), "lzr");
    var config =
        ContainerdConfig.lazuliAt(directory.resolve("lazuli.sock"))
            .withSnapshotter("other", directory.resolve("other.sock"))
            .withAppended(
                """

                [proxy_plugins.rebasing]
                  type = "snapshot"
                  address = "%s"
                  capabilities = ["rebase"]
                """
                    .formatted(directory.resolve("lazuli.sock")));
    containerd = PrivateContainerd.start(directory.resolve("c"), config, node);
  }

  @AfterEach
  void stop() throws IOException {
    if (containerd != null) {
      containerd.close();
      Files.delete(directory);
    }
  }

  @Test
  void everySeed_isFound() throws Exception {
    assertThat(examine("lazuli"))
        .extracting(Diagnosis::found)
        .anyMatch(words -> words.startsWith("version 2.") && words.contains("answers at"))
        .anyMatch(words -> words.startsWith("it knows lazuli at"));
    assertThat(examine("lazuli"))
        .filteredOn(diagnosis -> diagnosis.area().equals("containerd"))
        .allMatch(diagnosis -> diagnosis.health() == Health.OK);

    assertProblem("other", "the daemon listens at", "the same address");
    assertProblem("rebasing", "has the capability \"rebase\"", "remove \"rebase\"");
    assertProblem("rebasing", "hides from rebasing which image", "enable_remote_snapshot");
    assertThat(examine("rebasing"))
        .filteredOn(diagnosis -> diagnosis.health() == Health.NOTE)
        .anySatisfy(
            diagnosis -> {
              assertThat(diagnosis.found()).contains("\"remap-ids\"", "copies whole images");
              assertThat(diagnosis.remedy()).contains("capabilities = [\"remap-ids\"]");
            });
    assertProblem("nobody", "it has no snapshotter \"nobody\"", "containerd-2.toml");

    Files.writeString(
        containerd.directory().resolve("c.toml"),
        Files.readString(containerd.directory().resolve("c.toml"))
            + "\n[proxy_plugins.later]\n  type = \"snapshot\"\n  address = \"/s\"\n");
    assertProblem("later", "it has no snapshotter \"later\"", "systemctl restart containerd");
  }

  private void assertProblem(String snapshotter, String found, String remedy) throws Exception {
    assertThat(examine(snapshotter))
        .filteredOn(diagnosis -> diagnosis.health() == Health.PROBLEM)
        .anySatisfy(
            diagnosis -> {
              assertThat(diagnosis.found()).contains(found);
              assertThat(diagnosis.remedy()).contains(remedy);
            });
  }

  private List<Diagnosis> examine(String snapshotter) throws ConfigurationException {
    var program = containerd.programs().path("containerd").orElseThrow();
    var around =
        new Surroundings(
            containerd.socket(),
            containerd.directory().resolve("c.toml"),
            snapshotter,
            Map.of("PATH", program.resolveSibling("").toString()));
    var config =
        Configuration.load(
            Configuration.DEFAULT_FILE,
            Map.of("address", directory.resolve("lazuli.sock").toString()));
    var examination = new Examination();
    new ContainerdCheck(config, around).run(examination);
    return examination.diagnoses();
  }
}
