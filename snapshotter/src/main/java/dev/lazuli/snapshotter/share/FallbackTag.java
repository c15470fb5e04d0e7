package dev.lazuli.snapshotter.share;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageIndex;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.RegistryException;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/**
 * The list of what refers to a manifest, where a registry keeps none: an index under a tag.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/main/spec.md">OCI
 *     distribution specification: referrers tag schema</a>
 */
record FallbackTag(RegistryClient registry, ImageReference repository, Digest subject) {
  private static final JsonMapper JSON = new JsonMapper();

  /** Adds an artifact to the list, in place of an earlier one of the same type. */
  void add(Descriptor artifact) throws IOException {
    var document = JSON.createObjectNode().put("schemaVersion", 2);
    document.put("mediaType", MediaTypes.OCI_INDEX);
    var list = document.putArray("manifests");
    for (var other : listed()) {
      if (!IndexArtifact.TYPE.equals(other.artifactType())) {
        var entry = list.addObject();
        IndexArtifact.describe(entry, other);
        if (other.artifactType() != null) {
          entry.put("artifactType", other.artifactType());
        }
        var annotations = entry.putObject("annotations");
        other.annotations().forEach(annotations::put);
      }
    }
    var entry = list.addObject();
    IndexArtifact.describe(entry, artifact);
    entry.put("artifactType", IndexArtifact.TYPE);
    var _ =
        registry
            .push(repository)
            .manifest(
                IndexArtifact.tag(subject), MediaTypes.OCI_INDEX, JSON.writeValueAsBytes(document));
  }

  private List<Descriptor> listed() throws IOException {
    try {
      var there = registry.manifest(RegistryIndexes.tagged(repository, subject)).manifest();
      return there instanceof ImageIndex index ? index.manifests() : List.of();
    } catch (RegistryException e) {
      if (e.isNotFound()) {
        return List.of();
      }
      throw e;
    }
  }
}
