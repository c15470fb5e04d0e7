package dev.lazuli.snapshotter.cli.training;

import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * The images of the training run. A method is in the AOT cache as it was when the run ended, and is
 * compiled at once if it was compiled by then: so the layers of the first have as many entries as a
 * distribution's, of every type, in both formats and without an index. The others are small: each
 * starts another kind of program, so that its head start is known too.
 */
final class WarmUpImage {
  private static final int DIRECTORIES = 240;
  private static final int FILES_OF_EACH = 24;
  private static final int LARGE_BYTES = 3 << 20;
  private static final Path SHELL = Path.of("/bin/sh");

  private WarmUpImage() {}

  /** Makes them in a layout; returns their layers by their tags, in the order to pull them. */
  static Map<String, List<LayoutLayer>> build(OciLayout layout) throws IOException {
    var images = new LinkedHashMap<String, List<LayoutLayer>>();
    images.put("up", distribution(layout));
    images.put("python", start(layout, "python", python(), "python3", "/main.py"));
    images.put("node", start(layout, "node", node(), "node", "/app/main.js"));
    images.put("java", start(layout, "java", java(), "java", "-jar", "/app/main.jar"));
    return images;
  }

  private static List<LayoutLayer> distribution(OciLayout layout) throws IOException {
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

  private static List<LayoutLayer> start(
      OciLayout layout, String tag, ImageTree tree, String... command) throws IOException {
    var image =
        new ImageBuilder(layout)
            .config(ContainerDefaults.DEFAULT.withCommand(command))
            .encoding(LayerEncoding.ESTARGZ)
            .layer(tree);
    var _ = image.build(tag);
    return image.layers();
  }

  /** The interpreter is a shell: a head start reads what it is linked with and its name. */
  private static ImageTree interpreter(String name) throws IOException {
    return new ImageTree().file("usr/bin/" + name, FileContent.of(SHELL.toRealPath())).mode(0755);
  }

  private static ImageTree python() throws IOException {
    return WarmUpPython.addTo(interpreter("python3.11").symlink("usr/bin/python3", "python3.11"));
  }

  private static ImageTree node() throws IOException {
    return interpreter("node")
        .file("app/main.js", "const a = require('a'); require('./b'); import('./c.mjs');\n")
        .file("app/b.js", "exports.x = require('fs');\n")
        .file("app/c.mjs", "import x from 'a';\n")
        .file("app/node_modules/a/package.json", "{\"name\": \"a\", \"main\": \"lib/a.js\"}")
        .file("app/node_modules/a/lib/a.js", "module.exports = 1;\n");
  }

  private static ImageTree java() throws IOException {
    return interpreter("java")
        .file("usr/lib/jvm.cfg", "-server KNOWN\n")
        .file("usr/lib/modules", large(5))
        .file("app/main.jar", FileContent.of(archive()));
  }

  private static byte[] archive() throws IOException {
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, "lib/a.jar lib/b.jar");
    var bytes = new ByteArrayOutputStream();
    new JarOutputStream(bytes, manifest).close();
    return bytes.toByteArray();
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
