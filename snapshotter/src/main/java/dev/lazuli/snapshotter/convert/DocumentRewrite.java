package dev.lazuli.snapshotter.convert;

import static java.util.Objects.requireNonNull;

import dev.lazuli.snapshotter.convert.ImageConversion.Written;
import dev.lazuli.snapshotter.registry.Descriptor;
import dev.lazuli.snapshotter.registry.Digest;
import dev.lazuli.snapshotter.registry.ImageManifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes an image's documents anew once their layers are converted: manifests with the layers'
 * descriptors, configurations with their DiffIDs, indexes with the manifests' digests. What they
 * say beside that stays as it is.
 */
final class DocumentRewrite {
  private final ImageSource source;
  private final ImageTarget target;
  private final ConvertOptions options;
  private final LayerRun layers;

  DocumentRewrite(ImageSource source, ImageTarget target, ConvertOptions options, LayerRun layers) {
    this.source = source;
    this.target = target;
    this.options = options;
    this.layers = layers;
  }

  /**
   * Writes all that a document names, and returns the document itself, which is not yet written.
   */
  Written write(Plan plan) throws IOException {
    return switch (plan) {
      case Plan.Image image -> image(image);
      case Plan.Index index -> index(index);
      case Plan.Blob blob -> throw new IOException("image is no manifest: " + blob.descriptor());
    };
  }

  private Written index(Plan.Index plan) throws IOException {
    var json = Json.object(plan.document().bytes());
    var entries = new HashMap<String, ObjectNode>();
    for (var entry : json.withArray("manifests")) {
      entries.putIfAbsent(entry.path("digest").asString(""), (ObjectNode) entry);
    }
    Map<String, String> became = new HashMap<>();
    var kept = Json.MAPPER.createArrayNode();
    for (var child : plan.children()) {
      var old = child.descriptor().digest().toString();
      ObjectNode entry = requireNonNull(entries.get(old)).deepCopy();
      if (child.plan() instanceof Plan.Blob blob) {
        target.copy(blob.descriptor(), source);
      } else {
        var written = write(child.plan());
        target.addManifest(written.descriptor(), written.bytes());
        put(entry, written.descriptor());
        became.put(old, written.descriptor().digest().toString());
      }
      kept.add(entry);
    }
    kept.forEach(entry -> point((ObjectNode) entry, became));
    json.set("manifests", kept);
    return document(json, plan.document().descriptor(), plan.document().bytes());
  }

  /** Lets an attestation speak of what its image has become. */
  private static void point(ObjectNode entry, Map<String, String> became) {
    if (entry.get("annotations") instanceof ObjectNode annotations
        && annotations.has(Plan.ATTESTED_DIGEST)) {
      var old = annotations.path(Plan.ATTESTED_DIGEST).asString("");
      annotations.put(Plan.ATTESTED_DIGEST, became.getOrDefault(old, old));
    }
  }

  private Written image(Plan.Image plan) throws IOException {
    var json = Json.object(plan.document().bytes());
    var results = new ArrayList<ConvertedLayer>();
    var list = json.withArray("layers");
    for (int i = 0; i < plan.image().layers().size(); i++) {
      var layer = plan.image().layers().get(i);
      var converted = layers.await(layer);
      results.add(converted);
      describe((ObjectNode) list.get(i), converted.result());
    }
    writeConfig(plan.image(), results, json);
    return document(json, plan.document().descriptor(), plan.document().bytes());
  }

  private static void describe(ObjectNode entry, Descriptor layer) {
    put(entry, layer);
    if (!layer.annotations().isEmpty()) {
      var annotations = entry.putObject("annotations");
      layer.annotations().forEach(annotations::put);
    }
  }

  private static void put(ObjectNode entry, Descriptor descriptor) {
    if (!entry.path("digest").asString("").equals(descriptor.digest().toString())) {
      entry.remove("data"); // the old content, embedded
    }
    entry.put("mediaType", descriptor.mediaType());
    entry.put("digest", descriptor.digest().toString());
    entry.put("size", descriptor.size());
  }

  private void writeConfig(ImageManifest image, List<ConvertedLayer> results, ObjectNode manifest)
      throws IOException {
    var config = image.config();
    if (!LayerTypes.isImageConfig(config.mediaType())) {
      target.copy(config, source);
      return;
    }
    var old = source.content(config);
    var bytes = config(config, old, results);
    var type = options.toOci() ? LayerTypes.oci(config.mediaType()) : config.mediaType();
    target.add(Digest.sha256(bytes), bytes);
    put(
        (ObjectNode) manifest.get("config"),
        new Descriptor(type, Digest.sha256(bytes), bytes.length));
  }

  private byte[] config(Descriptor descriptor, byte[] old, List<ConvertedLayer> results)
      throws IOException {
    var json = Json.object(old);
    var changed = false;
    if (json.path("rootfs").path("diff_ids") instanceof ArrayNode diffIds
        && diffIds.size() == results.size()) {
      for (int i = 0; i < results.size(); i++) {
        var result = results.get(i);
        var before = diffIds.get(i).asString("");
        var after = result.diffId().orElse(before);
        check(result, before, after);
        changed |= !before.equals(after);
        diffIds.set(i, after);
      }
    } else if (results.stream().anyMatch(result -> result.diffId().isPresent())) {
      throw new IOException(
          "configuration "
              + descriptor.digest()
              + " does not have one DiffID for each of "
              + results.size()
              + " layers");
    }
    return changed ? Json.bytes(json) : old;
  }

  private void check(ConvertedLayer layer, String before, String after) throws IOException {
    if (options.build().diffIdKept() && !before.equals(after)) {
      throw new IOException(
          "layer "
              + layer.source().digest()
              + ": its tar has the DiffID "
              + after
              + ", but the configuration says "
              + before);
    }
  }

  /** Returns a document; one that says what it said before keeps its bytes and so its digest. */
  private Written document(ObjectNode json, Descriptor before, byte[] bytes) throws IOException {
    var type = options.toOci() ? LayerTypes.oci(before.mediaType()) : before.mediaType();
    if (json.has("mediaType") || !type.equals(before.mediaType())) {
      json.put("mediaType", type);
    }
    return Written.of(type, json.equals(Json.object(bytes)) ? bytes : Json.bytes(json));
  }
}
