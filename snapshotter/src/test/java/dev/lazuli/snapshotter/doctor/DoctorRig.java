package dev.lazuli.snapshotter.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Examines this machine as the doctor does, with settings that tests decide on. */
abstract class DoctorRig {
  static final Path FUSE = Path.of("/dev/fuse");

  @TempDir Path directory;

  final Map<String, String> settings = new HashMap<>();

  final Map<String, String> environment = new HashMap<>();

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

  Path dockerConfig(String text) throws IOException {
    var folder = Files.createDirectories(directory.resolve("docker"));
    return Files.writeString(folder.resolve("config.json"), text);
  }

  List<Diagnosis> examine() throws IOException {
    return examine(FUSE, Optional.empty());
  }

  List<Diagnosis> examine(String image) throws IOException {
    return examine(FUSE, Optional.of(ImageReference.parse(image)));
  }

  List<Diagnosis> examine(Path fuse, Optional<ImageReference> image) throws IOException {
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

  static void assertProblem(List<Diagnosis> diagnoses, String found, String remedy) {
    assertFinding(Health.PROBLEM, diagnoses, found, remedy);
  }

  static void assertNote(List<Diagnosis> diagnoses, String found, String remedy) {
    assertFinding(Health.NOTE, diagnoses, found, remedy);
  }

  static void assertFinding(Health health, List<Diagnosis> diagnoses, String found, String remedy) {
    assertThat(diagnoses)
        .filteredOn(diagnosis -> diagnosis.health() == health)
        .anySatisfy(
            diagnosis -> {
              assertThat(diagnosis.found()).contains(found);
              assertThat(diagnosis.remedy()).contains(remedy);
            });
  }
}
