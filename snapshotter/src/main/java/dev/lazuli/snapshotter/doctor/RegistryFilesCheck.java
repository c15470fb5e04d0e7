package dev.lazuli.snapshotter.doctor;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files that say how registries are reached, and with which credentials. */
record RegistryFilesCheck(Configuration config, RegistryOptions options, RegistryClient client) {
  private static final String AREA = "registries";

  /** Any registry's name: a broken file is broken for all of them. */
  private static final String ANY = "registry.example/doctor:1";

  void run(Examination examination) {
    hosts(examination);
    for (var file : config.registry().caFiles()) {
      if (!Files.isReadable(file)) {
        examination.problem(
            AREA,
            "registry.ca_files names a file that cannot be read: " + file,
            "correct the path, or remove it from the configuration");
      }
    }
    credentials(examination);
  }

  private void hosts(Examination examination) {
    examination.require(
        AREA,
        "make it readable, or set registry.hosts_dir",
        () -> {
          var faults = client.hostsFaults();
          for (var fault : faults) {
            examination.problem(AREA, fault, "correct the file: containerd needs it as well");
          }
          if (faults.isEmpty()) {
            var directory = config.registry().hostsDirectory().filter(Files::isDirectory);
            examination.ok(
                AREA,
                directory
                    .map(at -> "every file below " + at + " is understood")
                    .orElse("no hosts.toml"));
          }
        });
  }

  private void credentials(Examination examination) {
    for (var place : options.credentials().places().split(", ", -1)) {
      var file = Path.of(place);
      if (!place.isEmpty() && Files.exists(file) && !Files.isReadable(file)) {
        examination.problem(AREA, "credentials cannot be read: " + file, "correct its rights");
      }
    }
    examination.require(
        AREA,
        "correct the file or the helper, as docker login would leave it",
        () -> {
          for (var source : options.credentials().sources()) {
            var faults = source.faults();
            if (!faults.isEmpty()) {
              throw new IOException(String.join("; ", faults));
            }
            var _ = source.find("registry.example", ImageReference.parse(ANY));
          }
          examination.ok(AREA, "credentials are looked for in " + options.credentials().places());
        });
  }
}
