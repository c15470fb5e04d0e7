package dev.lazuli.snapshotter.status;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the layers of one image are doing together. A layer of several images counts in each.
 *
 * @param image the reference it was pulled by
 * @param layers digests of its layers, as far as they were mounted by Lazuli
 * @param completeLayers how many of these lack nothing
 * @param presentBytes content that is on this node's disk and verified
 * @param sizeBytes content in all
 * @param diskBytes what the layers take on disk
 * @param bytesPerSecond compressed bytes that arrived per second, lately
 * @param pinnedLayers how many layers somebody wants kept
 * @param containers most views and active snapshots that are made on top of one of the layers
 * @param errors failed fetches and reads since the daemon started
 * @param credentials whose credentials it is pulled with, for each host that wanted some since the
 *     daemon started
 */
public record ImageStatus(
    String image,
    List<String> layers,
    int completeLayers,
    long presentBytes,
    long sizeBytes,
    long diskBytes,
    long bytesPerSecond,
    int pinnedLayers,
    int containers,
    long errors,
    List<String> credentials) {
  /** Copies the lists. */
  public ImageStatus {
    layers = List.copyOf(layers);
    credentials = List.copyOf(credentials);
  }

  /** Returns the images of these layers, by reference. */
  public static List<ImageStatus> of(List<LayerStatus> layers) {
    Map<String, List<LayerStatus>> byImage = new TreeMap<>(Comparator.naturalOrder());
    for (var layer : layers) {
      for (var image : layer.images()) {
        byImage.computeIfAbsent(image, _ -> new ArrayList<>()).add(layer);
      }
    }
    return byImage.entrySet().stream().map(e -> sum(e.getKey(), e.getValue())).toList();
  }

  /** Returns the same with what is known of its credentials. */
  public ImageStatus withCredentials(List<String> whose) {
    return new ImageStatus(
        image,
        layers,
        completeLayers,
        presentBytes,
        sizeBytes,
        diskBytes,
        bytesPerSecond,
        pinnedLayers,
        containers,
        errors,
        whose);
  }

  private static ImageStatus sum(String image, List<LayerStatus> layers) {
    return new ImageStatus(
        image,
        layers.stream().map(LayerStatus::digest).toList(),
        (int) layers.stream().filter(LayerStatus::complete).count(),
        layers.stream().mapToLong(LayerStatus::presentBytes).sum(),
        layers.stream().mapToLong(LayerStatus::sizeBytes).sum(),
        layers.stream().mapToLong(LayerStatus::diskBytes).sum(),
        layers.stream().mapToLong(LayerStatus::bytesPerSecond).sum(),
        (int) layers.stream().filter(LayerStatus::pinned).count(),
        layers.stream().mapToInt(LayerStatus::containers).max().orElse(0),
        layers.stream().mapToLong(LayerStatus::errors).sum(),
        List.of());
  }
}
