package dev.lazuli.snapshotter.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** What the bed of a measurement is given: options that all of them have. */
final class BedOptions {
  @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Configuration of the daemon.")
  private List<String> settings;

  @Option(names = "--launcher", hidden = true)
  private String launcher = Path.of("lazuli").toAbsolutePath().toString();

  /** Takes the settings that hold unless {@code --set} is given. */
  BedOptions(String... settings) {
    this.settings = List.of(settings);
  }

  /** Returns the program that starts Lazuli. */
  String launcher() {
    return launcher;
  }

  /** Returns whether the daemon is configured. */
  boolean hasSettings() {
    return !settings.isEmpty();
  }

  /** Starts a bed whose daemon has these settings, and after them those of the command line. */
  Bed start(String... before) throws IOException {
    var all = new ArrayList<>(List.of(before));
    all.addAll(settings);
    return Bed.start(launcher, all, Map.of());
  }

  /** Starts a bed whose containerd also knows other snapshotters, by their names and sockets. */
  Bed start(Map<String, Path> others) throws IOException {
    return Bed.start(launcher, settings, others);
  }
}
