package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * The demo's image in a registry.
 *
 * @param reference how clients name it
 * @param layers descriptors of its layers, lowest first
 */
record DemoImage(ImageReference reference, List<Descriptor> layers) {
  /** The image as a converter makes it that knows nothing of the program. */
  static final String PLAIN = "plain";

  /** The image with what its first start has read put first, for prefetch. */
  static final String OPTIMISED = "optimised";

  private static final String REPOSITORY = "demo";

  /** A level that costs little time; what is saved is the same for all starts. */
  private static final int LEVEL = 1;

  /**
   * Builds the program's image as {@code lazuli convert} does, and has the registry serve it.
   *
   * @param first for each layer, the files to put first
   */
  static void build(
      DemoProgram program,
      String tag,
      List<List<String>> first,
      OciLayout layout,
      LocalRegistry registry)
      throws IOException {
    var image = new ImageBuilder(layout);
    for (int i = 0; i < program.layers().size(); i++) {
      var options = BuildOptions.ESTARGZ.withLevel(LEVEL).withPrioritized(first.get(i), true);
      image.layer(layout.addLazyLayer(program.layers().get(i), options));
    }
    var _ = image.build(tag);
    registry.serve(REPOSITORY, layout);
  }

  /**
   * Returns, for each of the image's layers, what to put first: files that reads waited for in an
   * earlier start, in their order, then other files that the program is known to read.
   */
  List<List<String>> wanted(Waterfall start, List<String> others) {
    return layers.stream()
        .map(layer -> waitedFor(start, layer.digest().toString()))
        .map(
            files ->
                files.isEmpty()
                    ? files
                    : Stream.concat(files.stream(), others.stream().map(DemoImage::relative))
                        .distinct()
                        .toList())
        .toList();
  }

  private static List<String> waitedFor(Waterfall start, String digest) {
    return start.waits().stream()
        .filter(wait -> start.layers().get(wait.layer()).digest().equals(digest))
        .map(wait -> relative(wait.file()))
        .filter(file -> !file.isEmpty())
        .distinct()
        .toList();
  }

  private static String relative(String path) {
    return path.startsWith("/") ? path.substring(1) : path;
  }

  /** Returns how clients name the image. */
  static ImageReference reference(LocalRegistry registry, String tag) {
    return ImageReference.parse(registry.host() + "/" + REPOSITORY + ":" + tag);
  }

  /** Asks the registry for the image's manifest, as every pull begins. */
  static DemoImage resolve(RegistryClient client, LocalRegistry registry, String tag)
      throws IOException {
    var reference = reference(registry, tag);
    if (client.manifest(reference).manifest() instanceof ImageManifest manifest) {
      return new DemoImage(reference, manifest.layers());
    }
    throw new IOException(reference + " is not an image manifest");
  }

  /** Returns the sum of the layers' sizes in bytes, compressed. */
  long bytes() {
    return layers.stream().mapToLong(Descriptor::size).sum();
  }
}
