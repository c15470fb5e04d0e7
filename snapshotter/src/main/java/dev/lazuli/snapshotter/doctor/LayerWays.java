package dev.lazuli.snapshotter.doctor;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.index.IndexRecorder;
import dev.lazuli.estargz.read.LayerInspector;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.convert.ImageLayers;
import dev.lazuli.snapshotter.knowledge.IndexQuery;
import dev.lazuli.snapshotter.knowledge.IndexSource;
import dev.lazuli.snapshotter.knowledge.KeptIndexes;
import dev.lazuli.snapshotter.layers.RegistryOrigin;
import dev.lazuli.snapshotter.layers.Tenancy;
import dev.lazuli.snapshotter.node.IndexPlaces;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.ProofState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which way each layer of an image would go: what a daemon looks for, in its order. For one thread.
 */
final class LayerWays {
  /** The footer and the table of contents, and a look-up of the size. */
  private static final int REQUESTS_BY_A_TABLE = 3;

  /** An index, and a look-up of the size. */
  private static final int REQUESTS_BY_AN_INDEX = 2;

  /** Its image's registry is asked whether it has the layer, and for a chunk. */
  private static final int REQUESTS_TO_SHARE = 2;

  /**
   * A layer's way.
   *
   * @param isLazy whether containers can start before all of it is here
   * @param bytes that a pull moves for it
   * @param requests that a pull makes for it
   * @param found what an operator reads of it, behind the layer's digest
   * @param remedy what would make it lazy; empty if it is, or need not be
   */
  record LayerOutlook(boolean isLazy, long bytes, int requests, String found, String remedy) {
    static LayerOutlook lazy(long bytes, int requests, String found) {
      return new LayerOutlook(true, bytes, requests, found, "");
    }
  }

  private final Configuration config;
  private final ImageReference image;
  private final Digest manifest;
  private final Optional<NodeStatus> daemon;
  private final RegistryOrigin origin;
  private final List<IndexSource> sources;

  /**
   * Looks at the layers of an image.
   *
   * @param resolved digest of the image's manifest, or of an index that lists it
   * @param daemon what the daemon says of this node, if one answers
   * @throws IOException if the manifest cannot be read
   */
  LayerWays(
      Configuration config,
      ImageReference image,
      Digest resolved,
      RegistryClient client,
      Optional<NodeStatus> daemon)
      throws IOException {
    this.config = config;
    this.image = image;
    this.daemon = daemon;
    origin = new RegistryOrigin(client);
    manifest = origin.imageManifest(image.toString(), resolved);
    var scratch = Path.of(System.getProperty("java.io.tmpdir"));
    sources = IndexPlaces.of(config.indexes(), client, scratch);
  }

  /**
   * Returns the way of a layer.
   *
   * @throws IOException if its table of contents cannot be read
   */
  LayerOutlook of(ImageLayers.Found layer, LayerInspector inspector, Examination examination)
      throws IOException {
    var here = here(layer.digest());
    if (here.isPresent()) {
      return here.get();
    }
    if (!Tenancy.isNamed(image.toString(), config.layers().lazyFrom())) {
      return whole(layer, "layers.lazy_from does not name the image", "name it there");
    }
    if (layer.trusted() && layer.request().isPresent()) {
      return byTable(layer, inspector);
    }
    return byIndex(layer, examination).orElseGet(() -> withoutIndex(layer));
  }

  /** Of a layer that is not proved, another image may have brought another table. */
  private Optional<LayerOutlook> here(Digest layer) {
    return daemon.stream()
        .flatMap(status -> status.layers().stream())
        .filter(status -> status.digest().equals(layer.toString()))
        .filter(status -> status.proof() == ProofState.PROVED || isOfRepository(status))
        .findFirst()
        .map(
            status ->
                LayerOutlook.lazy(
                    0,
                    isOfRepository(status) ? 0 : REQUESTS_TO_SHARE,
                    "is on this node: %,d of %,d kB of its content are present"
                        .formatted(status.presentBytes() / 1000, status.sizeBytes() / 1000)));
  }

  private boolean isOfRepository(LayerStatus status) {
    var repository = ImageReference.repositoryOf(image.toString());
    return status.images().stream().map(ImageReference::repositoryOf).anyMatch(repository::equals);
  }

  private static LayerOutlook byTable(ImageLayers.Found layer, LayerInspector inspector)
      throws IOException {
    var request = layer.request().orElseThrow();
    var description = inspector.describe(request);
    return LayerOutlook.lazy(
        description.tocCompressedBytes(),
        REQUESTS_BY_A_TABLE,
        "is %s: %,d files, table of contents of %,d kB%s"
            .formatted(
                description.format().title(),
                description.files(),
                description.tocCompressedBytes() / 1000,
                request.externalToc().isPresent() ? " in an image of its own" : ""));
  }

  private Optional<LayerOutlook> byIndex(ImageLayers.Found layer, Examination examination)
      throws IOException {
    boolean keeps = config.bulk().indexBytes() > 0;
    if (keeps && KeptIndexes.isKept(config.root(), layer.digest())) {
      return Optional.of(
          LayerOutlook.lazy(0, 1, "is in no lazy format, but its index is kept on this node"));
    }
    var query =
        new IndexQuery(
            image.toString(),
            manifest,
            layer.digest(),
            () -> layer.descriptor().size(),
            () -> origin.sociIndex(image.toString(), manifest));
    for (var source : sources) {
      try {
        var found = source.find(query);
        if (found.isPresent()) {
          return Optional.of(
              LayerOutlook.lazy(
                  found.get().bytes(),
                  REQUESTS_BY_AN_INDEX,
                  "is in no lazy format, but %s has an index of it, of %,d kB"
                      .formatted(source.name(), found.get().bytes() / 1000)));
        }
      } catch (IOException e) {
        examination.note(
            "image",
            "whether %s has an index of layer %s is not known: %s"
                .formatted(source.name(), layer.digest(), Examination.words(e)),
            "correct it, or do without: the layer is then pulled whole");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while " + source.name() + " was asked", e);
      }
    }
    return Optional.empty();
  }

  private LayerOutlook withoutIndex(ImageLayers.Found layer) {
    if (layer.descriptor().size() < IndexRecorder.LEAST_BLOB_BYTES) {
      return whole(layer, "it is so small that one request brings all of it", "");
    }
    var reason =
        layer.request().isPresent()
            ? "its manifest does not give the digest of its table of contents"
            : "it is in no lazy format, and no index of it was found";
    var index =
        config
            .indexes()
            .sideRepository()
            .map(side -> "lazuli index --push --to " + side + " " + image)
            .orElse("lazuli index, with indexes.side_repository (any-image.md)");
    return whole(layer, reason, "lazuli convert %s NEW-REFERENCE, or %s".formatted(image, index));
  }

  private LayerOutlook whole(ImageLayers.Found layer, String reason, String remedy) {
    var who =
        config.bulk().enabled()
            ? "is pulled whole by the daemon"
            : "is downloaded and unpacked by containerd (bulk.enabled = false)";
    return new LayerOutlook(false, layer.descriptor().size(), 1, who + ": " + reason, remedy);
  }
}
