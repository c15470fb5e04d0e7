package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.RequestException.Reason;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What people call layers: by the reference of an image, which means all of its layers, by digest,
 * or by so much of the digest that only one layer has it.
 */
final class LayerNames {
  private static final String ALGORITHM = "sha256:";

  /** Fewer digits than this are more likely a slip than a digest. */
  private static final int LEAST_DIGITS = 4;

  private static final int MOST_CANDIDATES = 5;
  private static final int MOST_SHOWN = 100;

  private LayerNames() {}

  /**
   * Returns the layers that are meant, at least one.
   *
   * @throws RequestException if none is, or it is not clear which
   */
  static List<LayerRecord> find(String name, Collection<LayerRecord> layers)
      throws RequestException {
    var ofImage = layers.stream().filter(layer -> isImage(name, layer)).toList();
    var byDigest = byDigest(name, layers);
    if (!ofImage.isEmpty() && !byDigest.isEmpty()) {
      throw new RequestException(
          Reason.CONFLICT,
          shown(name) + " is both an image and the beginning of a layer's digest: give more of it");
    }
    if (byDigest.size() > 1) {
      throw new RequestException(
          Reason.CONFLICT,
          byDigest.size() + " layers begin with " + shown(name) + ": " + candidates(byDigest));
    }
    if (ofImage.isEmpty() && byDigest.isEmpty()) {
      throw new RequestException(
          Reason.NOT_FOUND,
          "no layer on this node belongs to image " + shown(name) + " or has that digest");
    }
    return ofImage.isEmpty() ? byDigest : ofImage;
  }

  /** Returns the image that is meant, as its client wrote it; for a digest, one of its images. */
  static String reference(String name, LayerRecord layer) {
    return layer.references().stream()
        .filter(own -> isSame(name, own))
        .findFirst()
        .orElseGet(layer.references()::getFirst);
  }

  private static boolean isImage(String name, LayerRecord layer) {
    return layer.references().stream().anyMatch(own -> isSame(name, own));
  }

  private static boolean isSame(String name, String own) {
    return own.equals(name) || (full(name) != null && Objects.equals(full(name), full(own)));
  }

  /**
   * Returns a reference with what people leave out: {@code docker.io/library/}, {@code :latest}.
   */
  private static @Nullable ImageReference full(String name) {
    try {
      return ImageReference.parse(name);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static List<LayerRecord> byDigest(String name, Collection<LayerRecord> layers) {
    var hex = name.startsWith(ALGORITHM) ? name.substring(ALGORITHM.length()) : name;
    if (hex.length() < LEAST_DIGITS) {
      return List.of();
    }
    return layers.stream()
        .filter(layer -> layer.digest().toString().startsWith(ALGORITHM + hex))
        .toList();
  }

  private static String candidates(List<LayerRecord> layers) {
    var more = layers.size() > MOST_CANDIDATES ? ", ..." : "";
    return layers.stream()
        .map(layer -> layer.digest().toString())
        .sorted()
        .limit(MOST_CANDIDATES)
        .collect(Collectors.joining(", ", "", more));
  }

  /** A name that a person can find again in an error, whatever was sent. */
  private static String shown(String name) {
    var printable = name.replaceAll("\\p{Cntrl}", "?");
    return printable.length() > MOST_SHOWN ? printable.substring(0, MOST_SHOWN) + "..." : printable;
  }
}
