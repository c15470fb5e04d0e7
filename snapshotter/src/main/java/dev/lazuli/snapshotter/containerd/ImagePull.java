package dev.lazuli.snapshotter.containerd;

import com.google.protobuf.FieldMask;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageIndex;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.snapshotter.api.images.CreateRequest;
import dev.lazuli.snapshotter.api.images.Image;
import dev.lazuli.snapshotter.api.images.ImagesGrpc;
import dev.lazuli.snapshotter.api.images.UpdateRequest;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * One pull: the image's documents go to the content store, its layers to the snapshotter, its name
 * to the images.
 */
final class ImagePull {
  /** Begins the labels by which content refers to other content, and so keeps it. */
  private static final String GC_CONTENT = "containerd.io/gc.ref.content.";

  private static final String GC_SNAPSHOT = "containerd.io/gc.ref.snapshot.";

  /** Begins the labels that say where content can be had again. */
  static final String SOURCE = "containerd.io/distribution.source.";

  private final Session session;
  private final PullRequest request;
  private final RegistryClient registry;
  private final PullListener listener;
  private final ContentStore content;

  ImagePull(Session session, PullRequest request, RegistryClient registry, PullListener listener) {
    this.session = session;
    this.request = request;
    this.registry = registry;
    this.listener = listener;
    this.content = new ContentStore(session);
  }

  PulledImage run() throws IOException, InterruptedException {
    var root = registry.manifest(request.reference());
    listener.resolved(root.descriptor());
    var states = new ArrayList<LayerProgress>();
    var chainId = "";
    if (root.manifest() instanceof ImageIndex index) {
      var wanted = chosen(index);
      storeIndex(root, index);
      for (var descriptor : wanted) {
        var top = bring(registry.manifest(request.reference(), descriptor), states);
        chainId = chainId.isEmpty() ? top : chainId;
      }
    } else {
      chainId = bring(root, states);
    }
    name(root.descriptor());
    return new PulledImage(request.reference(), root.descriptor(), chainId, states);
  }

  /** Returns the image for containers here first. */
  private List<Descriptor> chosen(ImageIndex index) throws IOException {
    var first =
        index
            .forPlatform(request.platform())
            .orElseThrow(
                () ->
                    new IOException(
                        request.reference() + " has no image for " + request.platform()));
    var all = new LinkedHashSet<>(List.of(first));
    if (request.allPlatforms()) {
      index.manifests().stream().filter(ImagePull::isImage).forEach(all::add);
    }
    return List.copyOf(all);
  }

  /** Builders put what they attest of an image beside it, as if for a platform of that name. */
  private static boolean isImage(Descriptor manifest) {
    var platform = manifest.platform();
    return platform == null || !platform.os().equals("unknown");
  }

  /** Brings one image, tells how each of its layers came, and returns its topmost snapshot. */
  private String bring(ManifestContent content, List<LayerProgress> states)
      throws IOException, InterruptedException {
    if (!(content.manifest() instanceof ImageManifest manifest)) {
      throw new IOException(request.reference() + ": an index within an index is not an image");
    }
    storeManifest(content, manifest);
    var configuration = storeConfiguration(manifest);
    listener.layers(manifest.layers());
    var digest = content.descriptor().digest();
    var layers =
        new LayerChain(session, this.content, request, digest, registry, listener, source());
    states.addAll(layers.bring(manifest.layers(), configuration));
    var chainId = configuration.chainIds().getLast();
    this.content.label(
        manifest.config().digest(), Map.of(GC_SNAPSHOT + request.snapshotter(), chainId));
    return chainId;
  }

  private void storeIndex(ManifestContent root, ImageIndex index)
      throws IOException, InterruptedException {
    var labels = source();
    for (int i = 0; i < index.manifests().size(); i++) {
      labels.put(GC_CONTENT + "m." + i, index.manifests().get(i).digest().toString());
    }
    content.store("index", root.descriptor(), root.bytes(), labels);
  }

  private void storeManifest(ManifestContent manifest, ImageManifest image)
      throws IOException, InterruptedException {
    var labels = source();
    labels.putAll(references(image));
    content.store("manifest", manifest.descriptor(), manifest.bytes(), labels);
  }

  /** Returns the labels by which a manifest refers to what the image consists of. */
  static Map<String, String> references(ImageManifest image) {
    var labels = new LinkedHashMap<String, String>();
    labels.put(GC_CONTENT + "config", image.config().digest().toString());
    for (int i = 0; i < image.layers().size(); i++) {
      labels.put(GC_CONTENT + "l." + i, image.layers().get(i).digest().toString());
    }
    return labels;
  }

  private ImageConfiguration storeConfiguration(ImageManifest manifest)
      throws IOException, InterruptedException {
    var bytes = registry.content(request.reference(), manifest.config());
    content.store("config", manifest.config(), bytes, source());
    var configuration = ImageConfiguration.parse(bytes);
    if (configuration.diffIds().size() != manifest.layers().size() || manifest.layers().isEmpty()) {
      throw new IOException(
          "%s: %d layers, but digests of %d in its configuration"
              .formatted(
                  request.reference(), manifest.layers().size(), configuration.diffIds().size()));
    }
    return configuration;
  }

  /** Returns the label that says where content can be had again. */
  private Map<String, String> source() {
    var reference = request.reference();
    return new HashMap<>(Map.of(SOURCE + reference.registry(), reference.repository()));
  }

  private void name(Descriptor target) throws ContainerdException {
    var images = ImagesGrpc.newBlockingV2Stub(session.channel());
    var image =
        Image.newBuilder()
            .setName(request.reference().toString())
            .putAllLabels(request.labels())
            .setTarget(LayerChain.message(target))
            .build();
    var create = CreateRequest.newBuilder().setImage(image).build();
    var action = "name image " + image.getName();
    if (Session.callUnless(Status.Code.ALREADY_EXISTS, action, () -> images.create(create))
        .isPresent()) {
      return;
    }
    var mask = FieldMask.newBuilder().addAllPaths(List.of("target", "labels"));
    var update = UpdateRequest.newBuilder().setImage(image).setUpdateMask(mask).build();
    if (Session.callUnless(Status.Code.NOT_FOUND, action, () -> images.update(update)).isEmpty()) {
      var _ = Session.call(action, () -> images.create(create));
    }
  }
}
