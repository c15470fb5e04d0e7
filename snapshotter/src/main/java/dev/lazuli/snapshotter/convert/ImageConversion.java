package dev.lazuli.snapshotter.convert;

import dev.lazuli.snapshotter.registry.Descriptor;
import dev.lazuli.snapshotter.registry.Digest;
import dev.lazuli.snapshotter.registry.ImageIndex;
import dev.lazuli.snapshotter.registry.ImageManifest;
import dev.lazuli.snapshotter.registry.ManifestContent;
import dev.lazuli.snapshotter.registry.MediaTypes;
import dev.lazuli.snapshotter.registry.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The conversion of one image: all layers that its documents name are converted, then the documents
 * are written anew from the bottom up, the image's name last. An image whose layers all stay as
 * they are keeps its digest. Used by one thread, once.
 */
public final class ImageConversion {
  private static final int MAX_DEPTH = 4;

  private final ImageSource source;
  private final ImageTarget target;
  private final ConvertOptions options;
  private final LayerRun layers;

  private ImageConversion(
      ImageSource source, ImageTarget target, ConvertOptions options, LayerRun layers) {
    this.source = source;
    this.target = target;
    this.options = options;
    this.layers = layers;
  }

  /**
   * Converts an image.
   *
   * @throws IOException if it cannot be read or written, or a layer cannot be lazy; the message
   *     names the layer
   */
  static ConvertedImage run(
      ImageSource source, ImageTarget target, ConvertOptions options, ConvertListener listener)
      throws IOException {
    try (var converter = new LayerConverter(source, target, options);
        var layers = new LayerRun(converter, listener, options.layersAtOnce())) {
      return new ImageConversion(source, target, options, layers).run();
    }
  }

  private ConvertedImage run() throws IOException {
    var plan = plan(source.root(), 0);
    var rewrite = new DocumentRewrite(source, target, options, layers);
    var root = rewrite.write(plan);
    var all = layers.all();
    var tocs = TocImage.write(all, target);
    var name = target.publish(root.descriptor(), root.bytes(), "");
    return new ConvertedImage(name, root.descriptor().digest(), all, tocs);
  }

  /** Reads a document and all that it names, and starts work on the layers. */
  private Plan plan(ManifestContent document, int depth) throws IOException {
    return switch (document.manifest()) {
      case ImageManifest image -> {
        for (var layer : image.layers()) {
          layers.start(layer);
        }
        yield new Plan.Image(document, image);
      }
      case ImageIndex index -> {
        if (depth == MAX_DEPTH) {
          throw new IOException("index " + document.descriptor().digest() + " is nested too deep");
        }
        var children = new ArrayList<Plan.Child>();
        for (var child : taken(index)) {
          children.add(new Plan.Child(child, planChild(child, depth)));
        }
        yield new Plan.Index(document, children);
      }
    };
  }

  private Plan planChild(Descriptor child, int depth) throws IOException {
    return MediaTypes.isIndex(child.mediaType()) || MediaTypes.isManifest(child.mediaType())
        ? plan(source.manifest(child), depth + 1)
        : new Plan.Blob(child);
  }

  /** Returns what the wanted platforms need of an index: their images and what speaks of those. */
  private List<Descriptor> taken(ImageIndex index) throws IOException {
    var images =
        index.manifests().stream()
            .filter(child -> !Plan.isAttestation(child) && isWanted(child.platform()))
            .map(child -> child.digest().toString())
            .collect(Collectors.toSet());
    if (images.isEmpty() && !index.manifests().isEmpty()) {
      throw new IOException(
          "image is for none of the platforms that are asked for, only "
              + index.manifests().stream().map(Descriptor::platform).distinct().toList());
    }
    return index.manifests().stream()
        .filter(
            child ->
                images.contains(
                    Plan.isAttestation(child)
                        ? child.annotations().getOrDefault(Plan.ATTESTED_DIGEST, "")
                        : child.digest().toString()))
        .toList();
  }

  private boolean isWanted(@Nullable Platform platform) {
    return platform == null || options.takes(platform);
  }

  /** A document as it was written. */
  @SuppressWarnings("ArrayRecordComponent") // identity is the descriptor's digest
  record Written(Descriptor descriptor, byte[] bytes) {
    static Written of(String mediaType, byte[] bytes) {
      return new Written(new Descriptor(mediaType, Digest.sha256(bytes), bytes.length), bytes);
    }
  }
}
