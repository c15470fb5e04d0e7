package dev.lazuli.snapshotter.e2e.images;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/** Images that nobody has converted, packed in the ways that are found in registries. */
final class UnconvertedImages {
  private static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";
  private static final String GZIP_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

  private final OciLayout layout;

  private UnconvertedImages(OciLayout layout) {
    this.layout = layout;
  }

  /** How an image's layers are packed. */
  enum Kind {
    THREE_LAYERS(3),
    ONE_FAT_LAYER(1),
    FORTY_LAYERS(40),
    ZSTD(3),
    UNCOMPRESSED(3),
    MANY_GZIP_MEMBERS(3),
    DOCKER(3),
    // Three layers that skopeo has compressed, one that umoci has made.
    SKOPEO_AND_UMOCI(4);

    /** How many there are. */
    final int layers;

    Kind(int layers) {
      this.layers = layers;
    }

    /** Returns the tag of the image in its layout. */
    String tag() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Builds one image of each kind. In each, {@code /bin/sh} runs, and can {@code cat} files. */
  static void build(OciLayout layout) throws IOException {
    var images = new UnconvertedImages(layout);
    for (var kind : Kind.values()) {
      if (kind == Kind.SKOPEO_AND_UMOCI) {
        images.buildWithTools(kind);
      } else {
        images.build(kind);
      }
    }
  }

  private void build(Kind kind) throws IOException {
    var trees =
        switch (kind) {
          case ONE_FAT_LAYER -> List.of(fat());
          case FORTY_LAYERS -> many(kind.layers);
          default -> trees(kind.name());
        };
    var image = new ImageBuilder(layout);
    for (var tree : trees) {
      image.layer(layer(kind, tree));
    }
    image.build(kind.tag());
  }

  private LayoutLayer layer(Kind kind, ImageTree tree) throws IOException {
    return switch (kind) {
      case THREE_LAYERS, ONE_FAT_LAYER, FORTY_LAYERS -> layout.addLayer(tree, LayerEncoding.GZIP);
      case ZSTD -> layout.addLayer(tree, LayerEncoding.ZSTD);
      case UNCOMPRESSED -> layout.addLayer(tree, LayerEncoding.PLAIN);
      case MANY_GZIP_MEMBERS -> members(tree, GZIP_LAYER, 300_000);
      case DOCKER -> members(tree, DOCKER_LAYER, Integer.MAX_VALUE);
      case SKOPEO_AND_UMOCI -> throw new IllegalArgumentException("tools make it");
    };
  }

  /** Packs a layer as pigz and others do, in gzip members that begin anywhere in the tar. */
  private LayoutLayer members(ImageTree tree, String mediaType, int memberBytes)
      throws IOException {
    var plain = layout.addLayer(tree, LayerEncoding.PLAIN);
    var tar = Files.readAllBytes(layout.blob(plain.descriptor().digest()));
    var blob = new ByteArrayOutputStream();
    for (int at = 0; at < tar.length; at += Math.min(memberBytes, tar.length - at)) {
      try (var member = new GZIPOutputStream(blob)) {
        member.write(tar, at, Math.min(memberBytes, tar.length - at));
      }
    }
    var descriptor = layout.addBlob(mediaType, blob.toByteArray());
    return new LayoutLayer(descriptor, plain.diffId(), tar.length);
  }

  /** Has other tools compress an image's layers anew, and add one. */
  private void buildWithTools(Kind kind) throws IOException {
    var made = "oci:" + layout.directory() + ":";
    Command.of("skopeo", "--insecure-policy", "copy", "--quiet", "--dest-compress")
        .with(made + Kind.UNCOMPRESSED.tag(), made + kind.tag())
        .check();
    var file = Files.writeString(layout.directory().resolve("added"), "by umoci\n");
    Command.of("umoci", "insert", "--image", layout.directory() + ":" + kind.tag())
        .with(file.toString(), "/added")
        .check();
  }

  /** Layers that each add a file and replace one of the layer below. */
  private static List<ImageTree> many(int count) throws IOException {
    var all = new ArrayList<>(trees("many"));
    while (all.size() < count) {
      int number = all.size();
      all.add(
          new ImageTree()
              .directory("layers")
              .file("layers/%d".formatted(number), "layer " + number)
              .file("layers/last", Integer.toString(number)));
    }
    return all;
  }

  private static List<ImageTree> trees(String name) throws IOException {
    var content =
        KindsOfFiles.all(7_000_000, name.hashCode())
            .directory("old")
            .file("old/a", "a")
            .file("gone", "gone")
            .file("name", name);
    var changes =
        new ImageTree()
            .whiteout("gone")
            .directory("old")
            .opaque("old")
            .file("old/b", "b")
            .characterDevice("zero", 1, 5)
            .file("greeting", "good evening\n");
    return List.of(KindsOfFiles.programs(), content, changes);
  }

  private static ImageTree fat() throws IOException {
    var tree = KindsOfFiles.programs();
    tree.directory("lib2").file("greeting", "good evening\n");
    for (int i = 0; i < 2000; i++) {
      tree.file("lib2/f" + i, FileContent.generated(i % 50 == 0 ? 500_000 : 3_000, i));
    }
    return tree;
  }
}
