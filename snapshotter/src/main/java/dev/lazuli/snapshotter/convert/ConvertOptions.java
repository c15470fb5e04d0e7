package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.registry.model.Platform;
import java.nio.file.Path;
import java.util.List;

/**
 * How an image is to be converted.
 *
 * @param build how its layers are written
 * @param toOci if Docker's media types become OCI's, which lazy pullers of other makers need
 * @param platforms what to take of an index; empty for all
 * @param layersAtOnce layers that are converted at the same time; they do not change the result
 * @param scratch directory for blobs on their way to a registry
 */
public record ConvertOptions(
    BuildOptions build, boolean toOci, List<Platform> platforms, int layersAtOnce, Path scratch) {
  /** Copies the platforms. */
  public ConvertOptions {
    platforms = List.copyOf(platforms);
    if (layersAtOnce < 1) {
      throw new IllegalArgumentException("not allowed: " + layersAtOnce + " layers at once");
    }
  }

  boolean takes(Platform platform) {
    return platforms.isEmpty() || platforms.stream().anyMatch(platform::runsOn);
  }
}
