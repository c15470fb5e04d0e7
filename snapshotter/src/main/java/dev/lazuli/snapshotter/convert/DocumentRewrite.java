package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.snapshotter.convert.ConvertedLayer.How;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
  private final Map<Digest, Plan> plans;
  private final Map<String, Written> written = new HashMap<>();

  DocumentRewrite(
      ImageSource source,
      ImageTarget target,
      ConvertOptions options,
      LayerRun layers,
      Map<Digest, Plan> plans) {
    this.source = source;
    this.target = target;
    this.options = options;
    this.layers = layers;
    this.plans = plans;
  }

  /**
   * Writes all that a document names, and returns the document itself, which is not yet written.
   */
  Written write(Plan plan) throws IOException {
    return switch (plan) {
      case Plan.Image image -> {
        var known = written.get(image.document().descriptor().digest().toString());
        yield known == null ? remember(image.document(), image(image)) : known;
      }
      case Plan.Index index -> {
        var known = written.get(index.document().descriptor().digest().toString());
        yield known == null ? remember(index.document(), index(index)) : known;
      }
      case Plan.Blob blob ->
          throw new IOException("not a manifest of an image: " + blob.descriptor());
    };
  }

  private Written remember(ManifestContent before, Written after) {
    written.put(before.descriptor().digest().toString(), after);
    return after;
  }

  private Written index(Plan.Index plan) throws IOException {
    var json = Json.object(plan.document().bytes());
    var entries = json.withArray("manifests");
    var kept = Json.MAPPER.createArrayNode();
    for (var child : plan.children()) {
      var entry = ((ObjectNode) entries.get(child.place())).deepCopy();
      if (child.plan() instanceof Plan.Blob blob) {
        target.copy(blob.descriptor(), source);
      } else {
        var manifest = write(child.plan());
        target.addManifest(manifest.descriptor(), manifest.bytes());
        put(entry, manifest.descriptor());
      }
      kept.add(entry);
    }
    kept.forEach(entry -> point((ObjectNode) entry));
    json.set("manifests", kept);
    return document(json, plan.document(), options.toOci());
  }

  /** Lets an attestation speak of what its image has become. */
  private void point(ObjectNode entry) {
    if (entry.get("annotations") instanceof ObjectNode annotations) {
      var image = written.get(annotations.path(Plan.ATTESTED_DIGEST).asString(""));
      if (image != null) {
        annotations.put(Plan.ATTESTED_DIGEST, image.descriptor().digest().toString());
      }
    }
  }

  /** Lets a document that is attached to another one stay attached to what that has become. */
  private void followSubject(ObjectNode json, Plan.Image plan) throws IOException {
    var subject = plan.image().subject();
    var known = subject == null ? null : plans.get(subject.digest());
    if (known != null && json.get("subject") instanceof ObjectNode entry) {
      put(entry, write(known).descriptor());
    }
  }

  private Written image(Plan.Image plan) throws IOException {
    var json = Json.object(plan.document().bytes());
    followSubject(json, plan);
    var results = new ArrayList<ConvertedLayer>();
    for (var layer : plan.image().layers()) {
      results.add(layers.await(LayerWork.of(plan.image(), layer)));
    }
    if (plan.isArtifact()) {
      target.copy(plan.image().config(), source);
      return document(json, plan.document(), false);
    }
    var list = json.withArray("layers");
    for (int i = 0; i < results.size(); i++) {
      describe((ObjectNode) list.get(i), plan.image().layers().get(i), results.get(i));
    }
    writeConfig(plan.image(), results, json);
    return document(json, plan.document(), options.toOci());
  }

  /** Lets an entry speak of what its layer has become; the rest of it stays its own. */
  private void describe(ObjectNode entry, Descriptor layer, ConvertedLayer became) {
    var type =
        became.how() == How.CONVERTED
            ? LayerTypes.rewritten(layer.mediaType(), became.result().mediaType(), options.toOci())
            : options.toOci() ? LayerTypes.oci(layer.mediaType()) : layer.mediaType();
    put(entry, new Descriptor(type, became.result().digest(), became.result().size()));
    if (became.how() != How.PASSED) {
      var annotations = new TreeMap<>(layer.annotations());
      if (became.how() == How.CONVERTED) {
        annotations.keySet().removeAll(LayerWork.LAZY_FACTS);
      }
      annotations.putAll(became.result().annotations());
      keepPodmanFromRefusing(annotations);
      var object = entry.putObject("annotations");
      annotations.forEach(object::put);
    }
  }

  /**
   * Podman pulls no layer that has a TOC digest and a checksum by the key that it writes itself.
   */
  private static void keepPodmanFromRefusing(Map<String, String> annotations) {
    if (annotations.containsKey(Annotations.TOC_DIGEST)) {
      rename(annotations, Annotations.CONTAINERS_CHECKSUM, Annotations.STARGZ_CHECKSUM);
      rename(annotations, Annotations.CONTAINERS_POSITION, Annotations.STARGZ_POSITION);
    }
  }

  private static void rename(Map<String, String> annotations, String from, String to) {
    var value = annotations.remove(from);
    if (value != null) {
      annotations.put(to, value);
    }
  }

  private static void put(ObjectNode entry, Descriptor descriptor) {
    if (!entry.path("digest").asString("").equals(descriptor.digest().toString())) {
      entry.remove("data"); // the old content, embedded
      entry.remove("urls"); // where the old content is, too
    }
    entry.put("mediaType", descriptor.mediaType());
    entry.put("digest", descriptor.digest().toString());
    entry.put("size", descriptor.size());
  }

  private void writeConfig(ImageManifest image, List<ConvertedLayer> results, ObjectNode manifest)
      throws IOException {
    var config = image.config();
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
  private static Written document(ObjectNode json, ManifestContent before, boolean toOci)
      throws IOException {
    var old = before.descriptor().mediaType();
    var type = toOci ? LayerTypes.oci(old) : old;
    if (json.has("mediaType") || !type.equals(old)) {
      json.put("mediaType", type);
    }
    var isSame = json.equals(Json.object(before.bytes()));
    return Written.of(type, isSame ? before.bytes() : Json.bytes(json));
  }

  /** A document as it was written. */
  @SuppressWarnings("ArrayRecordComponent") // identity is the descriptor's digest
  record Written(Descriptor descriptor, byte[] bytes) {
    static Written of(String mediaType, byte[] bytes) {
      return new Written(new Descriptor(mediaType, Digest.sha256(bytes), bytes.length), bytes);
    }
  }
}
