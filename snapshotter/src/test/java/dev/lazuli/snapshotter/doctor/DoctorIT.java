package dev.lazuli.snapshotter.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Machines on which one thing is wrong: the doctor names it and what to do about it. What concerns
 * containerd is in {@link ContainerdFilesIT} and {@link RunningContainerdIT}.
 */
final class DoctorIT extends DoctorRig {
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
}
