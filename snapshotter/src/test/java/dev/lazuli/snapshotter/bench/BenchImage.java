package dev.lazuli.snapshotter.bench;

import dev.lazuli.testimages.images.ContainerDefaults;
import dev.lazuli.testimages.images.DebianPackages;
import dev.lazuli.testimages.images.ImageBuilder;
import dev.lazuli.testimages.images.LayerEncoding;
import dev.lazuli.testimages.images.OciLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Images of Debian packages, in three layers, with a program to run. As with published images the
 * configuration names the program, and whoever starts a container says what it shall do.
 */
enum BenchImage {
  PYTHON("python3"),
  JAVA("openjdk-17-jre-headless");

  /** The tag of the image as everybody has it. */
  static final String PLAIN = "gzip";

  /** The tag of the image as lazy snapshotters want it. */
  static final String LAZY = "esgz";

  private final String topPackage;

  BenchImage(String topPackage) {
    this.topPackage = topPackage;
  }

  /** Returns the program to run. */
  List<String> command() {
    return switch (this) {
      case PYTHON -> List.of("python3", "-c", "import json; print(1)");
      case JAVA ->
          List.of("/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "-Xshare:auto", "-version");
    };
  }

  /** Returns the image in both formats, made again where {@code directory} does not have it yet. */
  OciLayout layout(Path directory) throws IOException {
    var layout = OciLayout.at(directory.resolve(name().toLowerCase(Locale.ROOT)));
    if (layout.images().keySet().containsAll(List.of(PLAIN, LAZY))) {
      return layout;
    }
    var config = ContainerDefaults.DEFAULT.withCommand(command().getFirst());
    var gzip = new ImageBuilder(layout).config(config).encoding(LayerEncoding.GZIP);
    var lazy = new ImageBuilder(layout).config(config).encoding(LayerEncoding.ESTARGZ);
    for (var layer :
        new DebianPackages(directory.resolve("debs"))
            .layers(List.of("libc6"), List.of("dash", "coreutils"), List.of(topPackage))) {
      gzip.layer(layer);
      lazy.layer(layer);
    }
    var _ = gzip.build(PLAIN);
    var _ = lazy.build(LAZY);
    return layout;
  }
}
