package dev.lazuli.snapshotter.doctor;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.containerd.Containerd;
import dev.lazuli.snapshotter.containerd.SnapshotterPlugin;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Whether containerd runs, knows the daemon, and asks it as it must. */
record ContainerdCheck(Configuration config, Surroundings around) {
  private static final String AREA = "containerd";
  private static final String APPEND =
      "append containerd-1.toml or containerd-2.toml to its configuration (install.md) and restart"
          + " it";

  void run(Examination examination) {
    var plugin = running(examination);
    var settings = settings(examination);
    settings.ifPresent(read -> new PullCheck(around.snapshotter(), read).run(examination));
    settings.ifPresent(read -> new PullSecretsCheck(config, read).run(examination));
    if (plugin.isPresent() && settings.isPresent()) {
      address(examination, settings.get());
    }
  }

  private Optional<SnapshotterPlugin> running(Examination examination) {
    try (var containerd = Containerd.at(around.containerd(), "default")) {
      var version = containerd.version();
      version(examination, version);
      var plugin = containerd.snapshotter(around.snapshotter());
      plugin.ifPresentOrElse(
          found -> known(examination, found, VersionNumber.parse(version)),
          () -> unknown(examination));
      return plugin;
    } catch (IOException e) {
      examination.problem(
          AREA,
          Examination.words(e),
          "systemctl start containerd; if it listens elsewhere: --containerd SOCKET, or"
              + " $CONTAINERD_ADDRESS");
      return Optional.empty();
    }
  }

  void version(Examination examination, String version) {
    var number = VersionNumber.parse(version);
    if (number.isEmpty()) {
      examination.note(
          AREA,
          "version \"%s\" answers at %s; which one that is cannot be told"
              .formatted(version, around.containerd()),
          "make sure that it is containerd 1.6 or newer");
    } else if (number.get().isBefore(1, 6)) {
      examination.problem(AREA, "version " + version, "Lazuli needs containerd 1.6 or newer");
    } else {
      examination.ok(AREA, "version " + version + " answers at " + around.containerd());
    }
  }

  private void unknown(Examination examination) {
    var configured = false;
    try {
      configured =
          Files.exists(around.containerdConfig())
              && Files.readString(around.containerdConfig())
                  .contains("proxy_plugins." + around.snapshotter());
    } catch (IOException _) {
      // Reading its configuration will say why.
    }
    examination.problem(
        AREA,
        "it has no snapshotter \"" + around.snapshotter() + "\"",
        configured ? "its configuration names it: systemctl restart containerd" : APPEND);
  }

  /**
   * Looks at what containerd says of the snapshotter.
   *
   * @param version if it is not known, it is taken for the newest
   */
  void known(Examination examination, SnapshotterPlugin plugin, Optional<VersionNumber> version) {
    loaded(examination, plugin);
    order(examination, plugin);
    if (!isBefore(version, 1, 7)) {
      owners(examination, plugin);
    }
    if (!isBefore(version, 2, 1)) {
      annotations(examination, plugin);
    }
  }

  private static boolean isBefore(Optional<VersionNumber> version, int major, int minor) {
    return version.isPresent() && version.get().isBefore(major, minor);
  }

  private void loaded(Examination examination, SnapshotterPlugin plugin) {
    if (!plugin.failure().isEmpty()) {
      examination.problem(
          AREA,
          "it could not load %s: %s".formatted(around.snapshotter(), plugin.failure()),
          APPEND);
    }
  }

  private void order(Examination examination, SnapshotterPlugin plugin) {
    if (plugin.capabilities().contains("rebase")) {
      examination.problem(
          AREA,
          """
          it believes that %s has the capability "rebase": \
          it unpacks layers side by side, and images are pulled whole but for their lowest layer\
          """
              .formatted(around.snapshotter()),
          """
          remove "rebase" from capabilities under proxy_plugins.%s and restart containerd\
          """
              .formatted(around.snapshotter()));
    }
  }

  private void owners(Examination examination, SnapshotterPlugin plugin) {
    if (!plugin.capabilities().contains("remap-ids")) {
      examination.note(
          AREA,
          """
          it does not know that %s has the capability "remap-ids": \
          for containers with user namespaces it copies whole images\
          """
              .formatted(around.snapshotter()),
          """
          set capabilities = ["remap-ids"] under proxy_plugins.%s (containerd-2.toml) \
          and restart containerd\
          """
              .formatted(around.snapshotter()));
    }
  }

  private void annotations(Examination examination, SnapshotterPlugin plugin) {
    if (!"true".equals(plugin.exports().get("enable_remote_snapshot_annotations"))) {
      examination.problem(
          AREA,
          """
          its transfer service hides from %s which image it pulls: \
          ctr and nerdctl pull whole images\
          """
              .formatted(around.snapshotter()),
          """
          set enable_remote_snapshot_annotations = "true" under proxy_plugins.%s.exports \
          (containerd-2.toml) and restart containerd\
          """
              .formatted(around.snapshotter()));
    }
  }

  private Optional<ContainerdSettings> settings(Examination examination) {
    var program = onPath("containerd");
    try {
      var settings = ContainerdSettings.read(around.containerdConfig(), program);
      if (!settings.asked()) {
        examination.note(
            AREA,
            "its program is not on the PATH: %s is read as it is, without imports"
                .formatted(around.containerdConfig()),
            "run this command where containerd runs");
      }
      return Optional.of(settings);
    } catch (IOException e) {
      examination.problem(
          AREA,
          Examination.words(e),
          "correct the file; if containerd uses another one: --containerd-config FILE");
      return Optional.empty();
    }
  }

  private Optional<Path> onPath(String program) {
    var path = around.environment().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    return List.of(path.split(File.pathSeparator, -1)).stream()
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private void address(Examination examination, ContainerdSettings settings) {
    var address = settings.proxy(around.snapshotter()).path("address").asString("");
    if (address.isEmpty()) {
      return;
    }
    if (!Path.of(address).equals(config.address())) {
      examination.problem(
          AREA,
          "it looks for %s at %s, the daemon listens at %s"
              .formatted(around.snapshotter(), address, config.address()),
          "set the same address in both configurations");
    } else {
      examination.ok(AREA, "it knows " + around.snapshotter() + " at " + address);
    }
  }
}
