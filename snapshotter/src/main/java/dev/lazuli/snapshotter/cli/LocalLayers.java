package dev.lazuli.snapshotter.cli;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.convert.ImageLayers;
import dev.lazuli.snapshotter.convert.ImagePlace;
import dev.lazuli.snapshotter.layers.LayerOrigin;
import dev.lazuli.snapshotter.layers.LayerRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Lazy layers that lie on this machine: one blob in a file, or an image of an OCI layout ({@code
 * DIR} or {@code DIR:TAG}).
 */
final class LocalLayers implements LayerOrigin {
  private record LocalLayer(BlobSource blob, Optional<Digest> tocDigest) {}

  private final String name;
  private final Map<Digest, LocalLayer> layers = new LinkedHashMap<>();

  private LocalLayers(String name) {
    this.name = name;
  }

  /**
   * Finds the layers that {@code what} names, lowest first.
   *
   * @param platform which image, where there are several
   * @throws CommandException if it names nothing on this machine, or what cannot be mounted
   */
  static LocalLayers open(String what, Platform platform) throws IOException, CommandException {
    var local = new LocalLayers(what);
    for (var layer : find(what, platform)) {
      local.add(layer);
    }
    if (local.layers.isEmpty()) {
      throw new CommandException(what + " has no layers");
    }
    return local;
  }

  private static List<ImageLayers.Found> find(String what, Platform platform)
      throws IOException, CommandException {
    ImagePlace place;
    try {
      place = ImagePlace.existing(what);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
    return switch (place) {
      case ImagePlace.File file -> List.of(ImageLayers.of(file.path(), Optional.empty()));
      case ImagePlace.Layout layout -> ImageLayers.of(layout, platform);
      case ImagePlace.Registry _ ->
          throw new CommandException(what + " is neither a file nor an OCI layout");
    };
  }

  /**
   * A layer that occurs several times counts at its highest place: there it applies everything
   * again.
   */
  private void add(ImageLayers.Found layer) throws CommandException {
    var digest = layer.digest();
    var request = layer.request().filter(lazy -> lazy.externalToc().isEmpty());
    if (request.isEmpty()) {
      throw new CommandException(
          layer.request().isEmpty()
              ? "layer " + digest + " is not lazy; lazuli convert can make it so"
              : "layer " + digest + " has its table of contents in another image");
    }
    var toc =
        Optional.ofNullable(layer.descriptor().annotations().get(Annotations.TOC_DIGEST))
            .map(Digest::parseSha256);
    layers.remove(digest);
    layers.put(digest, new LocalLayer(request.map(OpenRequest::blob).orElseThrow(), toc));
  }

  /** Returns requests for all layers, lowest first. */
  List<LayerRequest> requests() {
    var requests = new ArrayList<LayerRequest>();
    layers.forEach(
        (digest, layer) ->
            requests.add(
                new LayerRequest(
                    name,
                    digest,
                    List.of(digest),
                    Optional.empty(),
                    layer.tocDigest(),
                    OptionalLong.empty(),
                    false,
                    List.of())));
    return requests;
  }

  @Override
  public BlobSource blob(String reference, Digest digest, long size) throws IOException {
    var layer = layers.get(digest);
    if (layer == null) {
      throw new IOException(name + " has no layer " + digest);
    }
    return layer.blob();
  }
}
