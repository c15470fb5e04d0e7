package dev.lazuli.snapshotter.doctor;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where the doctor looks, beside what the daemon's configuration says.
 *
 * @param containerd containerd's socket
 * @param containerdConfig containerd's configuration file
 * @param snapshotter what containerd calls this daemon
 * @param environment variables of this process, which the daemon's are assumed to be
 */
public record Surroundings(
    Path containerd, Path containerdConfig, String snapshotter, Map<String, String> environment) {
  /** Copies the map. */
  public Surroundings {
    environment = Map.copyOf(environment);
  }
}
