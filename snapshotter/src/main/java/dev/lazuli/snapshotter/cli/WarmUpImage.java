package dev.lazuli.snapshotter.cli;

import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The image of the training run. A method is in the AOT cache as it was when the run ended, and is
 * compiled at once if it was compiled by then: so the layers have as many entries as a
 * distribution's, of every type, in both formats and without an index.
 */
final class WarmUpImage {
  private static final int DIRECTORIES = 240;
  private static final int FILES_OF_EACH = 24;
  private static final int LARGE_BYTES = 3 << 20;
  private static final Path SHELL = Path.of("/bin/sh");

  private WarmUpImage() {}

  /** Makes it in a layout, with the tag {@code up}. */
  static List<LayoutLayer> build(OciLayout layout) throws IOException {
    var shell = SHELL.toRealPath();
    var image =
        new ImageBuilder(layout)
            .config(ContainerDefaults.DEFAULT.withCommand(shell.toString()))
            .encoding(LayerEncoding.ESTARGZ)
            .layer(distribution(0, DIRECTORIES).addAll(new HostFiles().program(shell).tree()))
            .encoding(LayerEncoding.ZSTD_CHUNKED)
            .layer(distribution(1, DIRECTORIES / 2))
            .encoding(LayerEncoding.GZIP)
            .layer(distribution(3, DIRECTORIES / 2))
            .encoding(LayerEncoding.ESTARGZ)
            .layer(
                new ImageTree()
                    .file("opt/application", large(2))
                    .whiteout("usr/share/package0/file0"));
    var _ = image.build("up");
    return image.layers();
  }

  private static ImageTree distribution(int seed, int directories) {
    var tree = new ImageTree().directory("usr").directory("usr/share");
    for (int i = 0; i < directories; i++) {
      var directory = "usr/share/package" + i;
      tree.directory(directory).mode(i % 9 == 0 ? 02775 : 0755).owner(0, i % 9);
      for (int j = 0; j < FILES_OF_EACH; j++) {
        // Every eighth of these directories has no entry of its own.
        var path = directory + (j % 8 == 7 ? "/part" : "") + "/file" + j;
        tree.file(path, "%d %d %d ".formatted(seed, i, j).repeat(j % 5 * 8));
        tree.modified(ImageTree.EPOCH.plusSeconds(i * 1000L + j));
      }
      tree.symlink(directory + "/link", "../package0/file1");
      tree.hardLink(directory + "/same", directory + "/file1");
    }
    return tree.file("usr/share/large" + seed, large(seed))
        .xattr("user.seed", "%d".formatted(seed).getBytes(StandardCharsets.US_ASCII));
  }

  private static GeneratedContent large(int seed) {
    return new GeneratedContent(LARGE_BYTES, seed, GeneratedContent.NOISE).compressible(3);
  }
}
