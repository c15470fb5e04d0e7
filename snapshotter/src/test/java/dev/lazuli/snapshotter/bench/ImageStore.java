package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Layers and images that are made once and kept outside of the source tree, in one OCI layout: each
 * as gzip and as what the converters make of it. What a layer was made from is kept beside it as
 * text, and another text has it made again.
 */
final class ImageStore {
  /** Goes up when the same recipe is to give another layer. */
  private static final String VERSION = "1\n";

  private final Path directory;
  private final OciLayout layout;
  private final ConverterPrograms converter;

  /** Makes the content of a layer, which may lie in files until it is written. */
  interface Content {
    ImageTree make() throws IOException;
  }

  /**
   * Opens the directory, and makes an empty one if there is none.
   *
   * @param launcher of {@code lazuli convert}
   */
  ImageStore(Path directory, String launcher) throws IOException {
    this.directory = Files.createDirectories(directory.toAbsolutePath());
    this.layout = OciLayout.at(directory.resolve("layout"));
    this.converter = new ConverterPrograms(layout, launcher);
    var _ = Files.createDirectories(directory.resolve("recipes"));
  }

  /** Returns where images are kept if nobody says another directory. */
  static Path usualDirectory() {
    return Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
        .filter(value -> !value.isEmpty())
        .map(Path::of)
        .orElse(Path.of(System.getProperty("user.home"), ".cache"))
        .resolve("lazuli-bench");
  }

  /** Returns where the files of layers may be kept. */
  Path directory() {
    return directory;
  }

  /** Returns the layout of all images. */
  OciLayout layout() {
    return layout;
  }

  /** Makes a layer in all formats, unless it is there and was made from the same. */
  void layer(String name, String recipe, Content content) throws IOException {
    unlessMade(
        tag(name),
        recipe,
        () -> {
          System.err.println("bench: making the layer " + name + ", which is kept in " + directory);
          var layer = layout.addLayer(content.make(), LayerEncoding.GZIP);
          var gzip = BenchFormat.GZIP.tag(tag(name));
          var _ = layout.addImage(gzip, ContainerDefaults.DEFAULT, List.of(layer));
          converter.convert(tag(name));
        });
  }

  /** Puts an image together from layers that are there, bottom first, once for each format. */
  void image(String name, ContainerDefaults config, List<String> layers) throws IOException {
    var recipe = new StringBuilder(config.toString());
    for (var layer : layers) {
      for (var format : BenchFormat.values()) {
        recipe.append('\n').append(converter.layer(tag(layer), format).descriptor().digest());
      }
    }
    unlessMade(name, recipe.toString(), () -> assemble(name, config, layers));
  }

  private void assemble(String name, ContainerDefaults config, List<String> layers)
      throws IOException {
    for (var format : BenchFormat.values()) {
      var builder = new ImageBuilder(layout).config(config);
      for (var layer : layers) {
        builder.layer(converter.layer(tag(layer), format));
      }
      var _ = builder.build(format.tag(name));
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  /** Only one process makes something at a time; those that find everything made do not wait. */
  private void unlessMade(String name, String recipe, Work work) throws IOException {
    if (isMade(name, recipe)) {
      return;
    }
    try (var file =
            FileChannel.open(
                directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var _ = file.lock()) {
      if (!isMade(name, recipe)) {
        Files.deleteIfExists(kept(name));
        work.run();
        Files.writeString(kept(name), VERSION + recipe);
      }
    }
  }

  private boolean isMade(String name, String recipe) throws IOException {
    var tags = Arrays.stream(BenchFormat.values()).map(format -> format.tag(name)).toList();
    return layout.images().keySet().containsAll(tags)
        && Files.exists(kept(name))
        && Files.readString(kept(name)).equals(VERSION + recipe);
  }

  private Path kept(String name) {
    return directory.resolve("recipes").resolve(name);
  }

  private static String tag(String layer) {
    return "layer-" + layer;
  }
}
