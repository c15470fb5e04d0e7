package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import java.util.List;
import java.util.Optional;

/**
 * What is kept of an image's manifest: a few hundred bytes for each layer, whatever else the
 * manifest says. A manifest may have 4 MiB, which are twice as many on the heap.
 *
 * @param digest of the manifest
 * @param config digest and size of the configuration
 * @param layers the layers, lowest first
 * @param soci what it says of a SOCI index, if anything
 */
public record KeptManifest(
    Digest digest, Descriptor config, List<KeptLayer> layers, Optional<String> soci) {
  /** Of an image: the digest of its SOCI index. */
  private static final String SOCI_INDEX = "com.amazon.soci.index-digest";

  /** No digest is longer. What is longer is cut, which does not make it a digest. */
  private static final int MOST_SOCI = 200;

  /** Both digests of a layer, and the objects around them. */
  private static final int LAYER_BYTES = 300;

  /** Copies the list. */
  public KeptManifest {
    layers = List.copyOf(layers);
  }

  /**
   * What a manifest says of a layer.
   *
   * @param toc why its table of contents may be believed, if it names one
   * @param problem what is wrong with the annotation that should say so; empty if nothing is
   */
  public record KeptLayer(Digest digest, Optional<TocTrust> toc, String problem) {
    private static KeptLayer of(Descriptor layer) {
      try {
        return new KeptLayer(layer.digest(), TocTrust.fromAnnotations(layer.annotations()), "");
      } catch (IllegalArgumentException e) {
        return new KeptLayer(layer.digest(), Optional.empty(), String.valueOf(e.getMessage()));
      }
    }
  }

  /**
   * Returns what is to be kept of a manifest.
   *
   * @param digest of the manifest
   */
  public static KeptManifest of(Digest digest, ImageManifest manifest) {
    return new KeptManifest(
        digest,
        manifest.config().withoutText(),
        manifest.layers().stream().map(KeptLayer::of).toList(),
        Optional.ofNullable(manifest.annotations().get(SOCI_INDEX))
            .map(text -> text.substring(0, Math.min(text.length(), MOST_SOCI))));
  }

  /** Returns the digests of the layers, lowest first. */
  public List<Digest> digests() {
    return layers.stream().map(KeptLayer::digest).toList();
  }

  /** Returns what the manifest says of a layer; empty if it does not list it. */
  public Optional<KeptLayer> layer(Digest digest) {
    return layers.stream().filter(layer -> layer.digest().equals(digest)).findFirst();
  }

  /** Returns about how many bytes of the heap this takes. */
  public int bytes() {
    return layers.stream().mapToInt(layer -> LAYER_BYTES + layer.problem().length()).sum();
  }
}
