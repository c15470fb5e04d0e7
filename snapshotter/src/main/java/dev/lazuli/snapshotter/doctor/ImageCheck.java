package dev.lazuli.snapshotter.doctor;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerInspector;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.snapshotter.convert.Conversions;
import dev.lazuli.snapshotter.convert.ImageLayers;
import dev.lazuli.snapshotter.convert.ImagePlace;
import java.io.IOException;
import java.util.List;

/** What a pull of one image would do, without pulling it. */
record ImageCheck(ImageReference image, RegistryOptions options, RegistryClient client) {
  private static final String REGISTRY = "registry";
  private static final String AREA = "image";

  /** The footer and the table of contents, and a look-up of the size. */
  private static final int REQUESTS_FOR_A_LAZY_LAYER = 3;

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
      predict(examination, layers);
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

  private void predict(Examination examination, List<ImageLayers.Found> layers) throws IOException {
    long bytes = 0;
    long whole = 0;
    int lazy = 0;
    int requests = REQUESTS_FOR_AN_IMAGE;
    try (var inspector = new LayerInspector(Limits.DEFAULT)) {
      for (var layer : layers) {
        long toc = toc(examination, inspector, layer);
        whole += layer.descriptor().size();
        if (toc < 0) {
          bytes += layer.descriptor().size();
          requests++;
        } else {
          lazy++;
          bytes += toc;
          requests += REQUESTS_FOR_A_LAZY_LAYER;
        }
      }
    }
    examination.ok(
        AREA,
        ("%d of %d layers would be mounted lazily: a pull moves about %,d kB in about %d requests,"
                + " the whole image has %,d kB")
            .formatted(lazy, layers.size(), bytes / 1000, requests, whole / 1000));
  }

  /** Returns the bytes that mounting a layer takes, or -1 if it would be pulled whole. */
  private long toc(Examination examination, LayerInspector inspector, ImageLayers.Found layer)
      throws IOException {
    if (layer.request().isEmpty()) {
      examination.note(
          AREA,
          "layer " + layer.digest() + " is in no lazy format: it would be pulled whole",
          "lazuli convert " + image + " NEW-REFERENCE makes an image that is");
      return -1;
    }
    try {
      var description = inspector.describe(layer.request().get());
      examination.ok(
          AREA,
          "layer %s is %s: %,d files, table of contents of %,d kB%s"
              .formatted(
                  layer.digest(),
                  description.format().title(),
                  description.files(),
                  description.tocCompressedBytes() / 1000,
                  layer.trusted() ? "" : ", whose digest no manifest vouches for"));
      if (!layer.trusted()) {
        examination.note(
            AREA,
            "layer "
                + layer.digest()
                + " has no annotation of its table of contents: it would be"
                + " pulled whole",
            "lazuli convert " + image + " NEW-REFERENCE annotates it");
        return -1;
      }
      return description.tocCompressedBytes();
    } catch (LayerFormatException e) {
      examination.problem(AREA, Examination.words(e), "build the image anew, or convert it");
      return -1;
    }
  }
}
