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

  /**
   * A version.
   *
   * @param major the first number
   * @param minor the second
   */
  private record VersionNumber(int major, int minor) {
    static VersionNumber of(String text) {
      var numbers = text.replaceFirst("^v", "").split("[^0-9]+", 3);
      return new VersionNumber(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
    }

    boolean isBefore(int otherMajor, int otherMinor) {
      return major < otherMajor || (major == otherMajor && minor < otherMinor);
    }
  }

  void run(Examination examination) {
    var plugin = running(examination);
    var settings = settings(examination);
    settings.ifPresent(read -> new PullCheck(around.snapshotter(), read).run(examination));
    if (plugin.isPresent() && settings.isPresent()) {
      address(examination, settings.get());
    }
  }

  private Optional<SnapshotterPlugin> running(Examination examination) {
    try (var containerd = Containerd.at(around.containerd(), "default")) {
      var version = containerd.version();
      if (VersionNumber.of(version).isBefore(1, 6)) {
        examination.problem(AREA, "version " + version, "Lazuli needs containerd 1.6 or newer");
      } else {
        examination.ok(AREA, "version " + version + " answers at " + around.containerd());
      }
      var plugin = containerd.snapshotter(around.snapshotter());
      plugin.ifPresentOrElse(
          found -> known(examination, found, VersionNumber.of(version)),
          () -> unknown(examination));
      return plugin;
    } catch (IOException | NumberFormatException e) {
      examination.problem(
          AREA,
          Examination.words(e),
          "systemctl start containerd; if it listens elsewhere: --containerd SOCKET, or"
              + " $CONTAINERD_ADDRESS");
      return Optional.empty();
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

  private void known(Examination examination, SnapshotterPlugin plugin, VersionNumber version) {
    if (!plugin.failure().isEmpty()) {
      examination.problem(
          AREA, "it could not load " + around.snapshotter() + ": " + plugin.failure(), APPEND);
    }
    if (plugin.capabilities().contains("rebase")) {
      examination.problem(
          AREA,
          "it believes that "
              + around.snapshotter()
              + " has the capability \"rebase\": it unpacks"
              + " layers side by side, and images are pulled whole but for their lowest layer",
          "remove \"rebase\" from capabilities under proxy_plugins."
              + around.snapshotter()
              + " and restart containerd");
    }
    if (!version.isBefore(1, 7) && !plugin.capabilities().contains("remap-ids")) {
      examination.note(
          AREA,
          "it does not know that "
              + around.snapshotter()
              + " has the capability \"remap-ids\": for containers with user namespaces it copies"
              + " whole images",
          "set capabilities = [\"remap-ids\"] under proxy_plugins."
              + around.snapshotter()
              + " (containerd-2.toml) and restart containerd");
    }
    var told = plugin.exports().get("enable_remote_snapshot_annotations");
    if (!version.isBefore(2, 1) && !"true".equals(told)) {
      examination.problem(
          AREA,
          "its transfer service hides from "
              + around.snapshotter()
              + " which image it pulls: ctr"
              + " and nerdctl pull whole images",
          "set enable_remote_snapshot_annotations = \"true\" under proxy_plugins."
              + around.snapshotter()
              + ".exports (containerd-2.toml) and restart containerd");
    }
  }

  private Optional<ContainerdSettings> settings(Examination examination) {
    var program = onPath("containerd");
    try {
      var settings = ContainerdSettings.read(around.containerdConfig(), program);
      if (!settings.asked()) {
        examination.note(
            AREA,
            "its program is not on the PATH: "
                + around.containerdConfig()
                + " is read as it is,"
                + " without imports",
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
          "it looks for "
              + around.snapshotter()
              + " at "
              + address
              + ", the daemon listens at "
              + config.address(),
          "set the same address in both configurations");
    } else {
      examination.ok(AREA, "it knows " + around.snapshotter() + " at " + address);
    }
  }
}
