package dev.lazuli.snapshotter.doctor;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerInspector;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.convert.Conversions;
import dev.lazuli.snapshotter.convert.ImageLayers;
import dev.lazuli.snapshotter.convert.ImagePlace;
import dev.lazuli.snapshotter.status.NodeStatus;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What a pull of one image would do, without pulling it.
 *
 * @param daemon what the daemon says of this node, if one answers
 */
record ImageCheck(
    Configuration config,
    ImageReference image,
    RegistryOptions options,
    RegistryClient client,
    Optional<NodeStatus> daemon) {
  private static final String REGISTRY = "registry";
  private static final String AREA = "image";

  /** An index, a manifest and a configuration. */
  private static final int REQUESTS_FOR_AN_IMAGE = 3;

  void run(Examination examination) {
    try {
      var resolved = client.resolve(image);
      examination.ok(REGISTRY, image + " is " + resolved.digest());
      credentials(examination);
      var layers =
          ImageLayers.of(
              Conversions.source(new ImagePlace.Registry(image), client), Platform.current());
      ranges(examination, layers);
      predict(examination, resolved.digest(), layers);
    } catch (RegistryException e) {
      examination.problem(REGISTRY, Examination.words(e), remedy(e));
    } catch (IOException e) {
      examination.problem(
          AREA, Examination.words(e), "lazuli inspect " + image + " looks at it more closely");
    }
  }

  static String remedy(RegistryException failure) {
    if (failure.isUnauthorized()) {
      return "put credentials for "
          + failure.host()
          + " in /root/.docker/config.json (docker, nerdctl or podman login), or see install.md,"
          + " Private registries";
    }
    if (failure.status() >= 500) {
      return "the registry is in trouble, and its operator's log says why; a mirror helps"
          + " meanwhile";
    }
    return switch (failure.status()) {
      case 404 -> "check the name and the tag";
      case 429 -> "the registry limits requests: log in, use a mirror, or wait";
      case RegistryException.NO_STATUS ->
          "check that this machine reaches the host, its proxy (HTTPS_PROXY), and what hosts.toml"
              + " says of it";
      default -> "the registry, or what it points to, refuses the request: its operator knows why";
    };
  }

  private void credentials(Examination examination) throws IOException {
    for (var host : client.hosts(image)) {
      var found = options.credentials().find(host, image);
      examination.ok(
          REGISTRY,
          found
              .map(credentials -> host + ": credentials of " + credentials.describe())
              .orElse(host + ": no credentials, so it is asked anonymously"));
    }
  }

  private void ranges(Examination examination, List<ImageLayers.Found> layers) throws IOException {
    var probe = layers.stream().filter(layer -> layer.descriptor().size() > 1).findFirst();
    if (probe.isEmpty()) {
      return;
    }
    var descriptor = probe.get().descriptor();
    if (client.blob(image, descriptor.digest(), descriptor.size()).acceptsRanges()) {
      examination.ok(REGISTRY, "it sends ranges of blobs");
    } else {
      examination.problem(
          REGISTRY,
          "it ignores ranges and sends whole blobs: every read costs a whole layer",
          "use a registry or a mirror that supports Range, or turn it on in the proxy before it");
    }
  }

  private void predict(Examination examination, Digest resolved, List<ImageLayers.Found> layers)
      throws IOException {
    var ways = new LayerWays(config, image, resolved, client, daemon);
    long bytes = 0;
    long whole = 0;
    int lazy = 0;
    int requests = REQUESTS_FOR_AN_IMAGE;
    try (var inspector = new LayerInspector(Limits.DEFAULT)) {
      for (var layer : layers) {
        var way = way(ways, layer, inspector, examination);
        whole += layer.descriptor().size();
        bytes += way.bytes();
        requests += way.requests();
        lazy += way.isLazy() ? 1 : 0;
      }
    }
    examination.ok(
        AREA,
        ("%d of %d layers would be mounted lazily: a pull moves about %,d kB in about %d requests,"
                + " the whole image has %,d kB")
            .formatted(lazy, layers.size(), bytes / 1000, requests, whole / 1000));
  }

  private static LayerWays.LayerOutlook way(
      LayerWays ways, ImageLayers.Found layer, LayerInspector inspector, Examination examination)
      throws IOException {
    try {
      var way = ways.of(layer, inspector, examination);
      var found = "layer %s %s".formatted(layer.digest(), way.found());
      if (way.remedy().isEmpty()) {
        examination.ok(AREA, found);
      } else {
        examination.note(AREA, found, way.remedy());
      }
      return way;
    } catch (LayerFormatException e) {
      examination.problem(AREA, Examination.words(e), "build the image anew, or convert it");
      return new LayerWays.LayerOutlook(false, layer.descriptor().size(), 1, "", "");
    }
  }
}
