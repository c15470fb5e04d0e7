package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.snapshotter.registry.Descriptor;
import dev.lazuli.snapshotter.registry.ImageManifest;
import dev.lazuli.snapshotter.registry.ImageReference;
import dev.lazuli.snapshotter.registry.RegistryClient;
import dev.lazuli.testimages.images.ImageBuilder;
import dev.lazuli.testimages.images.LayerEncoding;
import dev.lazuli.testimages.images.OciLayout;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The demo's image in a registry.
 *
 * @param reference how clients name it
 * @param layers descriptors of its layers, lowest first
 */
record DemoImage(ImageReference reference, List<Descriptor> layers) {
  private static final String REPOSITORY = "demo";
  private static final String TAG = "latest";

  /** Builds the program's image with eStargz layers and has the registry serve it. */
  static OciLayout build(DemoProgram program, Path directory, TestRegistry registry)
      throws IOException {
    var layout = OciLayout.at(directory);
    var image = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
    for (var layer : program.layers()) {
      image.layer(layer);
    }
    var _ = image.build(TAG);
    registry.serve(REPOSITORY, layout);
    return layout;
  }

  /** Returns how clients name the image. */
  static ImageReference reference(TestRegistry registry) {
    return ImageReference.parse(registry.host() + "/" + REPOSITORY + ":" + TAG);
  }

  /** Asks the registry for the image's manifest, as every pull begins. */
  static DemoImage resolve(RegistryClient client, TestRegistry registry) throws IOException {
    var reference = reference(registry);
    if (client.manifest(reference).manifest() instanceof ImageManifest manifest) {
      return new DemoImage(reference, manifest.layers());
    }
    throw new IOException(reference + " is no image manifest");
  }

  /** Returns the sum of the layers' sizes in bytes, compressed. */
  long bytes() {
    return layers.stream().mapToLong(Descriptor::size).sum();
  }
}
