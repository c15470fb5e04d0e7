package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.footer.Footer;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocPosition;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageIndex;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the layers of an image for those who look at them or verify them. */
public final class ImageLayers {
  private static final int MAX_DEPTH = 4;

  /**
   * A layer.
   *
   * @param descriptor what its manifest says of it
   * @param request how to open it; empty if it is not lazy
   * @param trusted whether the manifest says its TOC's digest
   */
  public record Found(Descriptor descriptor, Optional<OpenRequest> request, boolean trusted) {
    /** Returns the layer's digest. */
    public Digest digest() {
      return descriptor.digest();
    }
  }

  /**
   * Returns the layers of an image, lowest first.
   *
   * @throws IOException if the image cannot be read, or is for other platforms only
   */
  public static List<Found> of(ImageSource image, Platform platform) throws IOException {
    var layers = new ArrayList<Found>();
    // The image itself comes first: an error is to name what was asked for.
    var manifest = manifest(image, image.root(), platform, 0);
    Optional<ImageSource> tocs = image.externalTocs();
    for (var layer : manifest.layers()) {
      if (LayerTypes.isLayer(layer.mediaType())) {
        layers.add(find(layer, image.blob(layer), toc(tocs, layer.digest())));
      }
    }
    return layers;
  }

  /**
   * Returns the layers of an image in a layout, lowest first, all of which are there.
   *
   * @throws IOException if it cannot be read, is for other platforms only, or has a layer that is
   *     not a file system layer
   */
  public static List<Found> of(ImagePlace.Layout place, Platform platform) throws IOException {
    var image = LayoutImage.find(ImageLayout.open(place.directory()), place.tag());
    for (var layer : manifest(image, image.root(), platform, 0).layers()) {
      if (!LayerTypes.isLayer(layer.mediaType())) {
        throw new IOException(
            "layer " + layer.digest() + " is not a file system layer but " + layer.mediaType());
      }
    }
    return of(image, platform);
  }

  /**
   * Returns the layer that a file holds.
   *
   * @param tocBlob the file of its external TOC
   */
  public static Found of(Path file, Optional<Path> tocBlob) throws IOException {
    var blob = new FileBlob(file);
    Digest digest;
    try (var in = Files.newInputStream(file)) {
      digest = Digest.sha256(in);
    }
    return find(new Descriptor("", digest, blob.size()), blob, tocBlob.map(FileBlob::new));
  }

  /**
   * Returns the manifests of an image, one for each platform, without attestations and artifacts.
   *
   * @param platforms those that are wanted; empty for all
   * @throws IOException if the image cannot be read
   */
  public static List<ManifestContent> manifests(ImageSource image, List<Platform> platforms)
      throws IOException {
    var all = new ArrayList<ManifestContent>();
    addManifests(image, image.root(), platforms, 0, all);
    return all;
  }

  private static void addManifests(
      ImageSource image,
      ManifestContent document,
      List<Platform> platforms,
      int depth,
      List<ManifestContent> all)
      throws IOException {
    if (document.manifest() instanceof ImageManifest) {
      all.add(document);
    }
    if (document.manifest() instanceof ImageIndex index && depth < MAX_DEPTH) {
      for (var child : index.manifests()) {
        if (!Plan.isAttestation(child) && isWanted(child.platform(), platforms)) {
          addManifests(image, image.manifest(child), platforms, depth + 1, all);
        }
      }
    }
  }

  private static boolean isWanted(@Nullable Platform platform, List<Platform> wanted) {
    return platform == null || wanted.isEmpty() || wanted.stream().anyMatch(platform::runsOn);
  }

  /** Returns whether a descriptor is that of a file system layer. */
  public static boolean isLayer(Descriptor descriptor) {
    return LayerTypes.isLayer(descriptor.mediaType());
  }

  private static ImageManifest manifest(
      ImageSource image, ManifestContent document, Platform platform, int depth)
      throws IOException {
    return switch (document.manifest()) {
      case ImageManifest manifest -> manifest;
      case ImageIndex index when depth < MAX_DEPTH -> {
        var child =
            index
                .forPlatform(platform)
                .orElseThrow(() -> new IOException("image has no manifest for " + platform));
        yield manifest(image, image.manifest(child), platform, depth + 1);
      }
      case ImageIndex _ -> throw new IOException("index is nested too deeply");
    };
  }

  private static Optional<BlobSource> toc(Optional<ImageSource> tocs, Digest layer)
      throws IOException {
    if (tocs.isEmpty()) {
      return Optional.empty();
    }
    var toc = TocImage.find(tocs.get(), layer);
    return toc.isEmpty() ? Optional.empty() : Optional.of(tocs.get().blob(toc.get()));
  }

  private static Found find(Descriptor layer, BlobSource blob, Optional<BlobSource> toc)
      throws IOException {
    var name = layer.digest().toString();
    Optional<TocTrust> trust;
    try {
      trust = TocTrust.fromAnnotations(layer.annotations());
    } catch (IllegalArgumentException e) {
      throw new IOException("layer " + name + ": " + e.getMessage(), e);
    }
    if (toc.isEmpty() && !mayBeOpened(name, blob, trust.isPresent())) {
      return new Found(layer, Optional.empty(), false);
    }
    var request =
        OpenRequest.of(name, blob, trust.orElse(new TocTrust.Deferred()))
            .at(TocPosition.fromAnnotations(layer.annotations()));
    return new Found(
        layer, Optional.of(toc.map(request::withExternalToc).orElse(request)), trust.isPresent());
  }

  /**
   * Returns whether a layer without a TOC of its own looks lazy. Who opens it is told of a broken
   * footer, or of one that is not there though annotations promise it.
   *
   * @throws IOException if its TOC is in another blob, which nobody knows
   */
  private static boolean mayBeOpened(String layer, BlobSource blob, boolean annotated)
      throws IOException {
    Optional<Footer> footer;
    try {
      footer = footer(layer, blob);
    } catch (LayerFormatException broken) {
      return true;
    }
    if (footer.isPresent() && footer.get().format() == LayerFormat.ESTARGZ_EXTERNAL_TOC) {
      throw new IOException(
          "layer " + layer + ": its table of contents is in another blob, which was not found");
    }
    return annotated || footer.isPresent();
  }

  private static Optional<Footer> footer(String layer, BlobSource blob) throws IOException {
    var size = blob.size();
    var tail = new byte[(int) Math.min(size, Footer.MAX_BYTES)];
    if (tail.length == 0) {
      return Optional.empty();
    }
    try (var range = blob.open(size - tail.length, tail.length)) {
      for (int at = 0; at < tail.length; ) {
        var piece = range.next();
        if (piece == null) {
          throw new IOException("layer " + layer + ": its last bytes cannot be read");
        }
        var count = piece.remaining();
        piece.get(tail, at, count);
        at += count;
      }
    }
    return Footer.find(layer, tail, size, Limits.DEFAULT);
  }

  private ImageLayers() {}
}
