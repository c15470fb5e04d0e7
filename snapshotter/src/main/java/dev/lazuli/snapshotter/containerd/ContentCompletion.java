package dev.lazuli.snapshotter.containerd;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageIndex;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Manifest;
import dev.lazuli.registry.model.ManifestParser;
import dev.lazuli.snapshotter.api.images.GetRequest;
import dev.lazuli.snapshotter.api.images.ImagesGrpc;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings to containerd's content store what an image there lacks: the blobs of layers that were
 * mounted and never downloaded. Then it is an ordinary image, which can be exported, pushed, and
 * unpacked for other snapshotters. Each blob is streamed, and refers to its image as after an
 * ordinary pull, so that it stays as long as the image does.
 */
final class ContentCompletion {
  private final Session session;
  private final ContentStore content;
  private final RegistryClient registry;
  private final PullListener listener;

  /** Works under a session's lease, so that nothing is collected before the image refers to it. */
  ContentCompletion(Session session, RegistryClient registry, PullListener listener) {
    this.session = session;
    this.content = new ContentStore(session);
    this.registry = registry;
    this.listener = listener;
  }

  /**
   * Completes the images of one name, those of other platforms only if they were pulled.
   *
   * @return how many blobs were missing
   * @throws IOException if containerd has no image of that name, or a blob cannot be had
   */
  int complete(ImageReference name) throws IOException, InterruptedException {
    var images = ImagesGrpc.newBlockingV2Stub(session.channel());
    var get = GetRequest.newBuilder().setName(name.toString()).build();
    var image =
        Session.callUnless(Status.Code.NOT_FOUND, "look for image " + name, () -> images.get(get))
            .orElseThrow(() -> new IOException("containerd has no image " + name));
    var target = image.getImage().getTarget();
    var digest = Digest.parse(target.getDigest());
    var root =
        manifest(digest, target.getMediaType())
            .orElseThrow(() -> new IOException(name + ": containerd lacks its manifest " + digest));
    if (root instanceof ImageManifest manifest) {
      return complete(name, digest, manifest);
    }
    int missing = 0;
    for (var child : root instanceof ImageIndex index ? index.manifests() : List.<Descriptor>of()) {
      if (manifest(child.digest(), child.mediaType()).orElse(null) instanceof ImageManifest here) {
        missing += complete(name, child.digest(), here);
      }
    }
    return missing;
  }

  private Optional<Manifest> manifest(Digest digest, String mediaType) throws IOException {
    var bytes = content.read(digest);
    return bytes.isEmpty()
        ? Optional.empty()
        : Optional.of(ManifestParser.parse(bytes.get(), mediaType));
  }

  private int complete(ImageReference name, Digest digest, ImageManifest manifest)
      throws IOException, InterruptedException {
    var origin = origin(name, digest);
    var blobs = new ArrayList<>(List.of(manifest.config()));
    blobs.addAll(manifest.layers());
    var missing = new ArrayList<Descriptor>();
    for (var blob : blobs) {
      if (content.labels(blob.digest()).isEmpty()) {
        missing.add(blob);
      }
    }
    listener.layers(missing);
    var source = Map.of(ImagePull.SOURCE + origin.registry(), origin.repository());
    for (var blob : missing) {
      listener.state(blob, LayerProgress.DOWNLOADING);
      content.store(
          "layer",
          blob,
          registry.blob(origin, blob.digest(), blob.size()),
          source,
          bytes -> listener.downloaded(blob, bytes));
      listener.state(blob, LayerProgress.PRESENT);
    }
    // Where containerd discards unpacked layers, the manifest does not refer to them.
    content.label(digest, ImagePull.references(manifest));
    return missing.size();
  }

  /** An image that was given another name is at the registry under that by which it was pulled. */
  private ImageReference origin(ImageReference name, Digest manifest) throws IOException {
    var known = new ArrayList<ImageReference>();
    for (var label : content.labels(manifest).orElse(Map.of()).entrySet()) {
      if (label.getKey().startsWith(ImagePull.SOURCE)) {
        var host = label.getKey().substring(ImagePull.SOURCE.length());
        for (var repository : label.getValue().split(",", -1)) {
          known.add(reference(host, repository, manifest));
        }
      }
    }
    var itself = name.withDigest(manifest);
    return known.isEmpty() || known.contains(itself) ? itself : known.getFirst();
  }

  private static ImageReference reference(String host, String repository, Digest manifest)
      throws IOException {
    try {
      return new ImageReference(host, repository, null, manifest);
    } catch (IllegalArgumentException e) {
      throw new IOException("containerd's label of " + manifest + ": " + e.getMessage(), e);
    }
  }
}
