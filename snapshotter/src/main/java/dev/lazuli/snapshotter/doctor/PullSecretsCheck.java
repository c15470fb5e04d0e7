package dev.lazuli.snapshotter.doctor;

import dev.lazuli.registry.model.Mirror;
import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Whether containerd hands pull secrets of pods over to the port where the daemon expects them. */
record PullSecretsCheck(Configuration config, ContainerdSettings settings) {
  private static final String AREA = "pull secrets";
  private static final String SEE = "see install.md, Pull secrets of pods";

  void run(Examination examination) {
    var address = config.registry().pullSecrets();
    var directory = config.registry().hostsDirectory();
    if (address.isEmpty()) {
      return;
    }
    if (directory.isEmpty()) {
      examination.problem(
          AREA, "registry.pull_secrets is set, but no registry.hosts_dir", "set both, " + SEE);
      return;
    }
    boolean isNamed = entry(examination, directory.get(), address.get());
    boolean isRead = configPath(examination, directory.get());
    if (isNamed && isRead) {
      examination.ok(AREA, "containerd hands them over at " + address.get());
    }
  }

  /** Folders of single registries may lack the entry: not every registry needs secrets. */
  private static boolean entry(Examination examination, Path directory, String address) {
    var file = directory.resolve("_default").resolve("hosts.toml");
    String text;
    try {
      text = Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      examination.problem(AREA, Examination.words(e), "correct the file: containerd needs it too");
      return false;
    }
    var right = "http://" + address + Mirror.PULL_SECRETS;
    if (text.contains(right)) {
      return true;
    }
    examination.problem(
        AREA,
        text.contains(Mirror.PULL_SECRETS)
            ? "%s names another port than registry.pull_secrets, which is %s"
                .formatted(file, address)
            : "pull secrets do not reach the daemon: %s does not name its port".formatted(file),
        "put [host.\"" + right + "\"] into " + file + ", " + SEE);
    return false;
  }

  private boolean configPath(Examination examination, Path directory) {
    var paths = settings.hostsDirectories();
    if (!settings.asked()
        || Arrays.stream(paths.split(":", -1)).anyMatch(directory.toString()::equals)) {
      return true;
    }
    examination.problem(
        AREA,
        "CRI of containerd does not read %s: config_path is \"%s\"".formatted(directory, paths),
        "set config_path = \"%s\" in the section registry of CRI, and restart containerd; %s"
            .formatted(directory, SEE));
    return false;
  }
}
