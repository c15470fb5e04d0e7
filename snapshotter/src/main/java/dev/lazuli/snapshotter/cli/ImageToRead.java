package dev.lazuli.snapshotter.cli;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.convert.Conversions;
import dev.lazuli.snapshotter.convert.ImageLayers;
import dev.lazuli.snapshotter.convert.ImagePlace;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The image or layer that a command looks at; a mixin. */
final class ImageToRead {
  @Parameters(
      paramLabel = "BLOB|LAYOUT|REF",
      description = {
        "A layer's blob in a file, an image in an OCI layout (DIR[:TAG]), or one in a registry."
      })
  private String what = "";

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      description = "Which image to take if there are several. Default: this machine's.")
  private @Nullable String platform;

  @Option(
      names = "--toc-blob",
      paramLabel = "FILE",
      description = "The external TOC of a layer in a file.")
  private @Nullable Path tocBlob;

  @Mixin private RegistryAccess registry = new RegistryAccess();

  /** What is done with the layers while they can be read. */
  @FunctionalInterface
  interface Work {
    int run(List<ImageLayers.Found> layers) throws Exception;
  }

  /** Finds the layers, lowest first, and returns what the work returns. */
  int read(Work work) throws Exception {
    var place = place();
    if (place instanceof ImagePlace.File file) {
      return work.run(List.of(ImageLayers.of(file.path(), Optional.ofNullable(tocBlob))));
    }
    var wanted = platform == null ? Platform.current() : RegistryAccess.platform(platform);
    try (var client = client(place)) {
      return work.run(ImageLayers.of(Conversions.source(place, client), wanted));
    }
  }

  private RegistryClient client(ImagePlace place) throws Exception {
    return registry.client(
        place instanceof ImagePlace.Registry known ? List.of(known.reference()) : List.of());
  }

  private ImagePlace place() throws CommandException {
    try {
      return ImagePlace.existing(what);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
  }
}
