package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.Descriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;

/**
 * An image as its manifest and its configuration list it.
 *
 * @param manifest the manifest's digest
 * @param layers from the bottom up
 */
public record ListedImage(Digest manifest, List<ListedLayer> layers) {
  /** What media types of layers end with that are compressed by zstd. */
  private static final String ZSTD = "zstd";

  /** Copies the list. */
  public ListedImage {
    layers = List.copyOf(layers);
  }

  /**
   * One layer.
   *
   * @param digest of its blob
   * @param size of its blob in bytes
   * @param toc how its table of contents is verified; empty if the image says nothing of one
   * @param isZstd whether it is compressed by zstd, by its media type
   * @param diffId digest of its tar
   */
  public record ListedLayer(
      Digest digest, long size, Optional<TocTrust> toc, boolean isZstd, Digest diffId) {}

  /** No digest of a table of contents is longer. */
  private static final int MOST_TEXT = 200;

  /** Returns what {@link #of} reads of a layer's descriptor, which may be megabytes. */
  public static Descriptor withoutText(Descriptor layer) {
    var annotations = new HashMap<>(layer.annotations());
    annotations.keySet().retainAll(TocTrust.ANNOTATIONS);
    annotations.replaceAll((_, text) -> text.substring(0, Math.min(text.length(), MOST_TEXT)));
    return new Descriptor(
        layer.mediaType().endsWith(ZSTD) ? ZSTD : "",
        layer.digest(),
        layer.size(),
        annotations,
        List.of(),
        null,
        null);
  }

  /**
   * Joins what a manifest and a configuration say.
   *
   * @throws IOException if they list different numbers of layers
   */
  public static ListedImage of(Digest manifest, List<Descriptor> layers, List<Digest> diffIds)
      throws IOException {
    if (layers.size() != diffIds.size()) {
      throw new IOException(
          "manifest %s lists %d layers, its configuration %d"
              .formatted(manifest, layers.size(), diffIds.size()));
    }
    var listed = new ArrayList<ListedLayer>();
    for (int i = 0; i < layers.size(); i++) {
      var layer = layers.get(i);
      boolean isZstd = layer.mediaType().endsWith(ZSTD);
      listed.add(new ListedLayer(layer.digest(), layer.size(), toc(layer), isZstd, diffIds.get(i)));
    }
    return new ListedImage(manifest, listed);
  }

  private static Optional<TocTrust> toc(Descriptor layer) {
    try {
      return TocTrust.fromAnnotations(layer.annotations());
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // As unknown to us as the layers of other formats.
    }
  }

  /** Returns this layer and those above it, from the bottom up. */
  public List<Digest> from(ListedLayer layer) {
    return layers.subList(layers.indexOf(layer), layers.size()).stream()
        .map(ListedLayer::digest)
        .toList();
  }
}
