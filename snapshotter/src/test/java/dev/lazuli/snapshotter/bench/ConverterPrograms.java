package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.ContainerdConfig;
import dev.lazuli.demo.containerd.PrivateContainerd;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/**
 * Has layers converted by the programs that users convert with, at the level of the gzip layer. A
 * layer is an image of its own meanwhile, so that one below others is converted only once.
 */
final class ConverterPrograms {
  private static final Duration LIMIT = Duration.ofMinutes(20);
  private static final String LEVEL = "6";

  private final OciLayout layout;
  private final String launcher;

  /**
   * Converts within a layout.
   *
   * @param launcher of {@code lazuli convert}
   */
  ConverterPrograms(OciLayout layout, String launcher) {
    this.layout = layout;
    this.launcher = launcher;
  }

  /** Converts the layer's gzip image to the lazy formats. */
  void convert(String name) throws IOException {
    byLazuli(name);
    byCtrRemote(name);
  }

  /** Returns a layer for images. */
  LayoutLayer layer(String name, BenchFormat format) throws IOException {
    return only(layout, image(layout, format.tag(name)));
  }

  private void byLazuli(String name) throws IOException {
    var here = layout.directory() + ":";
    Command.of(launcher, "convert", "--level", LEVEL)
        .with(here + BenchFormat.GZIP.tag(name), here + BenchFormat.LAZULI.tag(name))
        .within(LIMIT)
        .check();
  }

  /** It converts only what a containerd has. */
  private void byCtrRemote(String name) throws IOException {
    var scratch = Files.createTempDirectory(Path.of("/tmp"), "lzc");
    try (var registry = TestRegistry.start();
        var containerd =
            PrivateContainerd.start(scratch.resolve("c"), ContainerdConfig.overlayfs())) {
      registry.serve("layer", layout);
      var from = registry.reference("layer", BenchFormat.GZIP.tag(name));
      var to = registry.reference("layer", BenchFormat.CTR_REMOTE.tag(name));
      var exported = scratch.resolve("exported.tar").toString();
      containerd.ctr("content", "fetch", "--plain-http", from).within(LIMIT).check();
      containerd
          .ctrRemote("image", "convert", "--estargz", "--oci")
          .with("--estargz-compression-level", LEVEL, from, to)
          .within(LIMIT)
          .check();
      containerd.ctr("image", "export", exported, to).within(LIMIT).check();
      var unpacked = Files.createDirectory(scratch.resolve("layout"));
      Command.of("tar", "-xf", exported, "-C", unpacked.toString()).within(LIMIT).check();
      adopt(OciLayout.at(unpacked), BenchFormat.CTR_REMOTE.tag(name));
    } finally {
      Command.of("rm", "-rf", "--one-file-system", scratch.toString()).check();
    }
  }

  private void adopt(OciLayout from, String tag) throws IOException {
    var images = from.images();
    var layer = only(from, images.values().iterator().next());
    var digest = layer.descriptor().digest();
    Files.copy(from.blob(digest), layout.blob(digest), StandardCopyOption.REPLACE_EXISTING);
    var _ = layout.addImage(tag, ContainerDefaults.DEFAULT, List.of(layer));
  }

  private static BlobDescriptor image(OciLayout layout, String tag) throws IOException {
    var image = layout.images().get(tag);
    if (image == null) {
      throw new IOException("no image " + tag + " in " + layout.directory());
    }
    return image;
  }

  private static LayoutLayer only(OciLayout layout, BlobDescriptor image) throws IOException {
    // Nothing that is made of it names the uncompressed size.
    return new LayoutLayer(
        layout.layers(image).getFirst(),
        layout.diffIds(image).getFirst(),
        /* uncompressedSize= */ 0);
  }
}
