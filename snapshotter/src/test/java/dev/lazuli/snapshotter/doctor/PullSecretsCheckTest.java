package dev.lazuli.snapshotter.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.dataformat.toml.TomlMapper;

/** Whether pull secrets can get from containerd to the daemon. */
final class PullSecretsCheckTest {
  private static final String ENTRY =
      """
      [host."http://127.0.0.1:989/lazuli-pull-secrets"]
        capabilities = ["pull", "resolve"]
      """;

  @TempDir private Path directory;
  private Path hosts;

  @BeforeEach
  void makeFolder() throws IOException {
    hosts = Files.createDirectories(directory.resolve("certs.d"));
  }

  private void hostsFile(String text) throws IOException {
    var folder = Files.createDirectories(hosts.resolve("_default"));
    Files.writeString(folder.resolve("hosts.toml"), text);
  }

  private List<Diagnosis> examine(String configPath, String address) throws IOException {
    var file = Files.writeString(directory.resolve("empty.toml"), "");
    var settings = Map.of("registry.hosts_dir", hosts.toString(), "registry.pull_secrets", address);
    var containerd =
        new TomlMapper()
            .readTree(
                "[plugins.\"io.containerd.cri.v1.images\".registry]\nconfig_path = \"%s\"\n"
                    .formatted(configPath));
    var examination = new Examination();
    new PullSecretsCheck(
            Configuration.load(file, settings),
            new ContainerdSettings(containerd, containerd, true))
        .run(examination);
    return examination.diagnoses();
  }

  private static void assertProblem(List<Diagnosis> diagnoses, String found, String remedy) {
    assertThat(diagnoses)
        .singleElement()
        .satisfies(
            diagnosis -> {
              assertThat(diagnosis.health()).isEqualTo(Health.PROBLEM);
              assertThat(diagnosis.found()).contains(found);
              assertThat(diagnosis.remedy()).contains(remedy);
            });
  }

  @Test
  void nodeAsItShouldBe_isRight() throws IOException {
    hostsFile(ENTRY);

    assertThat(examine("/etc/other:" + hosts, "127.0.0.1:989"))
        .singleElement()
        .satisfies(diagnosis -> assertThat(diagnosis.health()).isEqualTo(Health.OK));
  }

  @Test
  void nodeThatWantsNone_isNotLookedAt() throws IOException {
    assertThat(examine("", "")).isEmpty();
  }

  @Test
  void missingEntry_isFound() throws IOException {
    assertProblem(
        examine(hosts.toString(), "127.0.0.1:989"), "do not reach the daemon", "127.0.0.1:989");
  }

  @Test
  void otherPort_isFound() throws IOException {
    hostsFile(ENTRY);

    assertProblem(
        examine(hosts.toString(), "127.0.0.1:988"),
        "names another port than registry.pull_secrets, which is 127.0.0.1:988",
        "http://127.0.0.1:988/lazuli-pull-secrets");
  }

  @Test
  void containerdThatDoesNotReadTheFolder_isFound() throws IOException {
    hostsFile(ENTRY);

    assertProblem(examine("", "127.0.0.1:989"), "config_path is \"\"", "restart containerd");
  }
}
