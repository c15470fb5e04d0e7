package dev.lazuli.snapshotter.doctor;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.node.NodeOptions;
import dev.lazuli.snapshotter.status.NodeStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Runs all checks. Works with a daemon and without one. */
public final class Doctor {
  private final Configuration config;
  private final Surroundings around;
  private final String version;
  private final Path fuseDevice;

  /**
   * Makes a doctor for a node.
   *
   * @param config what its daemon is told
   * @param version of this program
   */
  public Doctor(Configuration config, Surroundings around, String version) {
    this(config, around, version, Path.of("/dev/fuse"));
  }

  Doctor(Configuration config, Surroundings around, String version, Path fuseDevice) {
    this.config = config;
    this.around = around;
    this.version = version;
    this.fuseDevice = fuseDevice;
  }

  /**
   * Looks at everything, and at an image if one is given.
   *
   * @throws IOException if something that every machine has cannot be read
   */
  public List<Diagnosis> examine(Optional<ImageReference> image) throws IOException {
    var examination = new Examination();
    new KernelCheck(config, fuseDevice).run(examination);
    var daemon = new DaemonCheck(config, version).run(examination);
    new PlaceCheck(config, daemon).run(examination);
    new ContainerdCheck(config, around).run(examination);
    registries(examination, image, daemon);
    return examination.diagnoses();
  }

  private void registries(
      Examination examination, Optional<ImageReference> image, Optional<NodeStatus> daemon) {
    RegistryOptions options;
    try {
      options = NodeOptions.registry(config, around.environment());
    } catch (IllegalArgumentException e) {
      examination.problem(
          "registries", Examination.words(e), "correct [registry] in the configuration");
      return;
    }
    try (var client = new RegistryClient(options)) {
      new RegistryFilesCheck(config, options, client).run(examination);
      image.ifPresent(
          reference -> new ImageCheck(config, reference, options, client, daemon).run(examination));
    }
  }
}
