package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageIndex;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The conversion of one image: all layers that its documents name are converted, then the documents
 * are rewritten from the bottom up, the image's name last. An image whose layers all stay as they
 * are keeps its digest. Used by one thread, once.
 */
public final class ImageConversion {
  private static final int MAX_DEPTH = 4;

  private final ImageSource source;
  private final ImageTarget target;
  private final ConvertOptions options;
  private final LayerRun layers;
  private final Map<Digest, Plan> plans = new HashMap<>();
  private final Set<Digest> started = new HashSet<>();

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
    start(plan);
    var rewrite = new DocumentRewrite(source, target, options, layers, plans);
    var root = rewrite.write(plan);
    var all = layers.all();
    var tocs = TocImage.write(all, target);
    var name = target.publish(root.descriptor(), root.bytes(), "");
    return new ConvertedImage(name, root.descriptor().digest(), all, tocs);
  }

  /** Reads a document and all that it names, each once. */
  private Plan plan(ManifestContent document, int depth) throws IOException {
    return switch (document.manifest()) {
      case ImageManifest image -> new Plan.Image(document, image);
      case ImageIndex index -> {
        if (depth == MAX_DEPTH) {
          throw new IOException(
              "index " + document.descriptor().digest() + " is nested too deeply");
        }
        yield new Plan.Index(document, children(index, depth));
      }
    };
  }

  private List<Plan.Child> children(ImageIndex index, int depth) throws IOException {
    var taken = taken(index);
    var children = new ArrayList<Plan.Child>();
    for (int place : taken) {
      var child = index.manifests().get(place);
      children.add(new Plan.Child(place, child, planChild(child, depth)));
    }
    var leftOut =
        index.manifests().stream()
            .map(Descriptor::digest)
            .collect(Collectors.toCollection(HashSet::new));
    taken.forEach(place -> leftOut.remove(index.manifests().get(place).digest()));
    while (children.removeIf(child -> speaksOf(child, leftOut))) {
      // What was attached to one of those goes as well.
    }
    return children;
  }

  private static boolean speaksOf(Plan.Child child, Set<Digest> leftOut) {
    var subject = child.plan() instanceof Plan.Image image ? image.image().subject() : null;
    if (subject == null || !leftOut.contains(subject.digest())) {
      return false;
    }
    leftOut.add(child.descriptor().digest());
    return true;
  }

  private Plan planChild(Descriptor child, int depth) throws IOException {
    if (!MediaTypes.isIndex(child.mediaType()) && !MediaTypes.isManifest(child.mediaType())) {
      return new Plan.Blob(child);
    }
    var known = plans.get(child.digest());
    if (known == null) {
      known = plan(source.manifest(child), depth + 1);
      plans.put(child.digest(), known);
    }
    return known;
  }

  private void start(Plan plan) throws IOException {
    switch (plan) {
      case Plan.Image image -> {
        if (started.add(image.document().descriptor().digest())) {
          for (var layer : image.image().layers()) {
            layers.start(LayerWork.of(image.image(), layer));
          }
        }
      }
      case Plan.Index index -> {
        if (started.add(index.document().descriptor().digest())) {
          for (var child : index.children()) {
            start(child.plan());
          }
        }
      }
      case Plan.Blob _ -> {}
    }
  }

  /**
   * Returns the places of what the wanted platforms need: their images and what speaks of those.
   */
  private List<Integer> taken(ImageIndex index) throws IOException {
    var manifests = index.manifests();
    var images =
        manifests.stream()
            .filter(child -> !Plan.isAttestation(child) && isWanted(child.platform()))
            .map(child -> child.digest().toString())
            .collect(Collectors.toSet());
    // What names no platform is taken along, but does not make an index without images worth
    // writing.
    boolean hasOthers =
        manifests.stream()
            .anyMatch(child -> child.platform() != null && !Plan.isAttestation(child));
    boolean hasNone =
        manifests.stream()
            .noneMatch(child -> child.platform() != null && isWanted(child.platform()));
    if ((images.isEmpty() && !manifests.isEmpty()) || (hasOthers && hasNone)) {
      throw new IOException(
          "image has none of the requested platforms, only "
              + manifests.stream().map(Descriptor::platform).distinct().toList());
    }
    return IntStream.range(0, manifests.size())
        .filter(place -> isTaken(manifests.get(place), images))
        .boxed()
        .toList();
  }

  private boolean isTaken(Descriptor child, Set<String> images) {
    return Plan.isAttestation(child)
        ? images.contains(child.annotations().getOrDefault(Plan.ATTESTED_DIGEST, ""))
        : isWanted(child.platform());
  }

  private boolean isWanted(@Nullable Platform platform) {
    return platform == null || options.takes(platform);
  }
}
